import { existsSync, readdirSync, statSync } from "node:fs";
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

/** Builds the page into `dist`. */
export async function buildPage(folder: string): Promise<void> {
  // Vite obeys the environment: in one made for tests the page would be built with React's development code.
  process.env["NODE_ENV"] = "production";
  const { build } = await import("vite");
  await build({ root: folder, logLevel: "error" });
}

function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return readdirSync(path)
    .filter((name) => !/\.test\.tsx?$/.test(name))
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}
