import { createRequire } from "node:module";
import { resolve } from "node:path";

/** Not declared by these tests: it comes with vite. */
interface Esbuild {
  buildSync(options: object): unknown;
}

/** Bundles sources for a browser, minified. `options` are esbuild's own. */
export function bundleForBrowser(options: Readonly<Record<string, unknown>>): void {
  const esbuild = createRequire(resolve(import.meta.dirname, "../../../package.json"))("esbuild") as Esbuild;
  esbuild.buildSync({
    ...{ bundle: true, minify: true, platform: "browser", logLevel: "error" },
    ...{ conditions: ["y-webpubsub-source", "module"] },
    ...options,
  });
}
