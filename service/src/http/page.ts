import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";

interface Asset {
  readonly type: string;
  readonly file: string;
}

const assets: ReadonlyMap<string, Asset> = new Map([
  ["/", { type: "text/html; charset=utf-8", file: "page.html" }],
  ["/page.css", { type: "text/css; charset=utf-8", file: "page.css" }],
  ["/page.js", { type: "text/javascript; charset=utf-8", file: "page.js" }],
]);

/** Nothing is fetched from anywhere else, nothing runs but our own file. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The live page: what happens in the service right now. False if the path is not one of its files. */
export function servePage(path: string, response: ServerResponse): boolean {
  const asset = assets.get(path);
  if (asset === undefined) return false;
  // Beside `src` in a checkout and beside `dist` in the package.
  const bytes = readFileSync(new URL(`../../page/${asset.file}`, import.meta.url));
  response.setHeader("Content-Type", asset.type);
  response.setHeader("Content-Security-Policy", policy);
  response.end(bytes);
  return true;
}

export function isPage(path: string): boolean {
  return assets.has(path);
}
