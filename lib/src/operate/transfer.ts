import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DocumentId } from "y-webpubsub/core";
import { documentIdOf } from "../access.ts";
import { BackupError, exportDocument, importDocument } from "../history/backup.ts";
import { reasonOf } from "../log-line.ts";
import { Progress } from "./progress.ts";
import type { Command, Output, Surroundings } from "./run-command.ts";
import type { Settings } from "./settings.ts";
import { type FullStore, SettingError } from "./store-url.ts";
import { withTools } from "./tools.ts";

const pageMax = 500;
const ending = ".ywpsbackup";

/** Ids from the command line, or all of the store that are not deleted. */
export async function wantedDocuments(command: Command, store: FullStore): Promise<readonly DocumentId[]> {
  if (!command.options.flags.has("all")) return command.documents.map(idOf);
  const found: DocumentId[] = [];
  for (let after: DocumentId | null = null; ; ) {
    const page: Awaited<ReturnType<FullStore["documents"]>> = await store.documents(after, pageMax);
    found.push(...page.filter(({ deleted }) => !deleted).map(({ document }) => document));
    after = page.at(-1)?.document ?? null;
    if (page.length < pageMax) return found;
  }
}

/** A document id as it was typed. */
export function idOf(text: string): DocumentId {
  try {
    return documentIdOf(text);
  } catch {
    // The problem of the HTTP routes says where to send another one: here it was typed.
    throw new SettingError("A document's id has 1 to 256 characters, in NFC, without control characters.");
  }
}

/** One document into a file or standard output, several into a directory, one file each. */
export async function runExport(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  const out = settings.text("out");
  const several = command.options.flags.has("all") || command.documents.length > 1;
  if (several && out === undefined) {
    throw new SettingError("--out is missing: a directory, in which each document gets a file.");
  }
  return withTools(settings, around, "store-only", async ({ store }) => {
    const documents = await wantedDocuments(command, store);
    if (several && out !== undefined) await mkdir(out, { recursive: true });
    const progress = new Progress(around.err, "exported", documents.length);
    let failed = 0;
    for (const document of documents) {
      const path = several && out !== undefined ? join(out, fileName(document)) : out;
      try {
        await exportOne(store, document, path, around.out);
      } catch (error) {
        failed += 1;
        around.err.write(`\n${document}: ${wordsOf(error)}\n`);
      }
      progress.step();
    }
    if (!command.options.flags.has("quiet")) progress.end();
    return failed === 0 ? 0 : 1;
  });
}

/** Under its name only when it is whole. */
async function exportOne(store: FullStore, document: DocumentId, path: string | undefined, out: Output): Promise<void> {
  if (path === undefined) {
    for await (const part of exportDocument(store, document)) await written(out, part);
    return;
  }
  const partial = `${path}.partial`;
  const file = await open(partial, "w", 0o600);
  try {
    for await (const part of exportDocument(store, document)) await file.writeFile(part);
    await file.sync();
    await file.close();
    await rename(partial, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

function written(out: Output, part: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => out.write(part, (error) => (error ? reject(error) : resolve())));
}

/** A file, every backup in a directory, or standard input. What is there already is left as it is. */
export async function runImport(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  const source = settings.text("in");
  const paths = source === undefined ? [undefined] : await backupsAt(source);
  return withTools(settings, around, "store-only", async ({ store }) => {
    const progress = new Progress(around.err, "imported", paths.length);
    const counts = { failed: 0, there: 0 };
    for (const path of paths) {
      try {
        await importDocument(store, path === undefined ? around.input : createReadStream(path));
      } catch (error) {
        const isThere = error instanceof BackupError && error.code === "document-exists";
        counts[isThere ? "there" : "failed"] += 1;
        around.err.write(`\n${path === undefined ? "standard input" : basename(path)}: ${wordsOf(error)}\n`);
      }
      progress.step();
    }
    if (!command.options.flags.has("quiet")) progress.end();
    if (counts.there > 0) around.err.write(`${counts.there} left as they are: the store has them.\n`);
    return counts.failed === 0 ? 0 : 1;
  });
}

async function backupsAt(source: string): Promise<readonly string[]> {
  const found = await stat(source).catch(() => null);
  if (found === null) throw new SettingError(`--in names nothing that can be read: ${source}`);
  if (!found.isDirectory()) return [source];
  const names = (await readdir(source)).filter((name) => name.endsWith(ending)).sort();
  if (names.length === 0) throw new SettingError(`There is no ${ending} file in ${source}.`);
  return names.map((name) => join(source, name));
}

/** Whatever the id is made of; the id itself is in the file. */
function fileName(document: DocumentId): string {
  return `${createHash("sha256").update(document).digest("hex").slice(0, 32)}${ending}`;
}

function wordsOf(error: unknown): string {
  return error instanceof BackupError ? error.message : reasonOf(error);
}
