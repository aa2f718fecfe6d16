/**
 * Node loader hooks: exact texts of shipped source files are replaced before they are compiled. Give it before tsx:
 * `node --import <this file> --import tsx ...`, with a Mutant as JSON in Y_WEBPUBSUB_MUTANT. A text that is not in its
 * file exactly once ends the process.
 */
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const mutant = JSON.parse(process.env.Y_WEBPUBSUB_MUTANT ?? '{"edits":[]}');

if (isMainThread) register(import.meta.url);

export async function load(url, context, next) {
  const result = await next(url, context);
  const edits = mutant.edits.filter(({ file }) => url.split("?")[0].endsWith(`/${file}`));
  if (edits.length === 0) return result;
  const source = edits.reduce(mutate, result.source.toString());
  return { ...result, source };
}

function mutate(source, { file, find, replace }) {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(`The mutated text must be in ${file} exactly once; it is there ${parts.length - 1} times: ${find}`);
}
