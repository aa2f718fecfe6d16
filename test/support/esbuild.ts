import { createRequire } from "node:module";
import { resolve } from "node:path";

interface OutputFile {
  readonly path: string;
  readonly contents: Uint8Array;
  readonly text: string;
}

/** Not declared by these tests: it comes with vite. */
interface Esbuild {
  buildSync(options: object): { readonly outputFiles?: readonly OutputFile[] };
}

/** Bundles our sources. `options` are esbuild's own; with `write: false` the files are answered, else there are none. */
export function bundle(options: Readonly<Record<string, unknown>>): readonly OutputFile[] {
  const esbuild = createRequire(resolve(import.meta.dirname, "../../package.json"))("esbuild") as Esbuild;
  const usual = { bundle: true, logLevel: "error", conditions: ["y-webpubsub-source", "module"] };
  return esbuild.buildSync({ ...usual, ...options }).outputFiles ?? [];
}

/** The same for a page, minified. */
export function bundleForBrowser(options: Readonly<Record<string, unknown>>): readonly OutputFile[] {
  return bundle({ minify: true, platform: "browser", ...options });
}
