import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the page is made of, relative to the demo's folder. */
const sources = ["src", "public", "index.html", "vite.config.ts", "package.json", "../provider/src"] as const;

/** Whether `dist` is missing or older than what it is made of. */
export function isPageStale(folder: string): boolean {
  const page = join(folder, "dist", "index.html");
  if (!existsSync(page)) return true;
  const builtAt = statSync(page).mtimeMs;
  return sources.some((source) => newest(join(folder, source)) > builtAt);
}

/** Builds the page beside `dist` and puts it there whole: who builds or serves it at the same time meets no half. */
export async function buildPage(folder: string): Promise<void> {
  const { build } = await import("vite");
  const { NODE_ENV } = process.env;
  const beside = mkdtempSync(join(folder, ".dist-"));
  try {
    await build({ root: folder, logLevel: "error", build: { outDir: beside } });
    // A temporary folder is for its maker only.
    chmodSync(beside, 0o755);
    rmSync(join(folder, "dist"), { recursive: true, force: true });
    renameSync(beside, join(folder, "dist"));
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    // Somebody else was faster between the two steps.
    if (isPageStale(folder)) throw error;
  } finally {
    // vite.config.ts sets it for the build; whoever is started next shall not find it.
    if (NODE_ENV === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = NODE_ENV;
  }
}

function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return readdirSync(path)
    .filter((name) => !/\.test\.tsx?$/.test(name))
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}
