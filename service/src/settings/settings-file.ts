import { type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type Validated, validate } from "./validate.ts";

/** Editors write a file in several steps: it is read once they have been still for so long. */
const stillMs = 100;
const bytesMax = 4 * 1024 * 1024;

/** What the file says now, or why it cannot be used. */
export function readSettingsFile(path: string): Validated {
  const read = readText(path);
  return "text" in read ? parse(read.text, path) : { ok: false, problems: [read.problem] };
}

/**
 * Calls `changed` after each change of the file's text. The folder is watched, since many editors replace the file.
 * Answers the stop; does not keep the process alive.
 */
export function watchSettingsFile(path: string, changed: (validated: Validated) => void): () => void {
  const full = resolve(path);
  const name = basename(full);
  let known = textOf(full);
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const text = textOf(full);
    if (text === known) return;
    known = text;
    changed(readSettingsFile(path));
  };
  const watcher: FSWatcher = watch(dirname(full), { persistent: false }, (_kind, file) => {
    if (file !== null && file !== name) return;
    clearTimeout(timer);
    timer = setTimeout(look, stillMs);
    timer.unref();
  });
  watcher.on("error", (error) =>
    changed({ ok: false, problems: [`${path} is not watched any more: ${error.message}.`] }),
  );
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

function parse(text: string, path: string): Validated {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      ok: false,
      problems: [`${path} is not valid JSON${place(text, error)}. Check commas, quotes and brackets.`],
    };
  }
  const validated = validate(value);
  if (validated.ok) return validated;
  return { ok: false, problems: validated.problems.map((problem) => `${path}: ${problem}`) };
}

/** Where it went wrong. The parser's own words are left out: they quote the file, and the file holds keys. */
function place(text: string, error: unknown): string {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  if (position === undefined) return "";
  const lines = text.slice(0, Number(position)).split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

function readText(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > bytesMax) return { problem: `${path} is longer than ${bytesMax} bytes.` };
    // Some editors begin a file with a byte order mark.
    return { text: bytes.toString("utf8").replace(/^\ufeff/, "") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `${path} cannot be read: ${reason}. Give the path of a JSON file.` };
  }
}

function textOf(path: string): string | undefined {
  const read = readText(path);
  return "text" in read ? read.text : undefined;
}
