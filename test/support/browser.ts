import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { installPackages, run } from "./debian.ts";

export interface FoundBrowser {
  readonly path: string;
  /** How it was found, for people. */
  readonly source: string;
}

const systemNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Finds a Chromium, or installs one: `CHROMIUM_PATH`, one on the PATH, Debian's package (as root), Playwright's own.
 * Throws with the next step when none can be had: browser tests are never skipped silently.
 */
export function findBrowser(): FoundBrowser {
  const named = process.env["CHROMIUM_PATH"];
  if (named) {
    if (!existsSync(named))
      throw new Error(`CHROMIUM_PATH is ${named}, but there is no such file. Correct it or unset it.`);
    return { path: named, source: "CHROMIUM_PATH" };
  }
  const installed = onPath();
  if (installed) return { path: installed, source: "system Chromium" };
  console.log("No Chromium found: installing Debian's package …");
  installPackages(["chromium", "fonts-dejavu-core"]);
  const debian = onPath();
  if (debian) return { path: debian, source: "Debian's package, installed now" };
  const own = chromium.executablePath();
  if (!existsSync(own)) {
    console.log("No Chromium found: asking Playwright to install its own …");
    run("npx", ["playwright-core", "install", "chromium"]);
  }
  if (existsSync(own)) return { path: own, source: "Playwright's own Chromium" };
  throw new Error(
    "No Chromium could be found or installed. Install one and set CHROMIUM_PATH to it, then run the tests again.",
  );
}

function onPath(): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const name of systemNames) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  }
  return null;
}
