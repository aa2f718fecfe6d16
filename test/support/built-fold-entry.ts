import { pathToFileURL } from "node:url";
import { builtThread } from "./built.ts";

/**
 * In tests this stands in for the server's `fold-entry.ts` (vitest.config.ts): a thread loads one file, as where the server
 * is installed. From sources each of some ninety threads would compile them again.
 */
export function foldEntry(): { readonly url: URL; readonly options: object } {
  return { url: pathToFileURL(builtThread), options: {} };
}
