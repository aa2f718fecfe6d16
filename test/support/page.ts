import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const demo = resolve(root, "demo-whiteboard");

/** The request header in which a page of the whiteboard shows its key. */
export const keyHeader = "x-board-key";

/** The id of the board that a key opens, as the whiteboard's server derives it. */
export function boardOf(key: string): string {
  return createHash("sha256").update(`board ${key}`).digest("base64url").slice(0, 22);
}

/** Builds the whiteboard's page, unless what is built is newer than all it is made of. */
export async function buildPage(): Promise<void> {
  if (isFresh()) return;
  const vite = spawn(
    process.execPath,
    [resolve(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
    { cwd: demo, stdio: ["ignore", "inherit", "inherit"] },
  );
  const [code] = await once(vite, "exit");
  if (code !== 0) throw new Error(`vite build ended with ${code}`);
}

function isFresh(): boolean {
  const page = resolve(demo, "dist/index.html");
  if (!existsSync(page)) return false;
  const builtAt = statSync(page).mtimeMs;
  const folders = ["src", "public", "../provider/src"].flatMap((folder) =>
    readdirSync(resolve(demo, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  );
  const sources = [...folders, "index.html", "vite.config.ts", "package.json"];
  return sources.every((source) => statSync(resolve(demo, source)).mtimeMs <= builtAt);
}
