import type { Version } from "../core/index.ts";
import { reasonOf } from "../log-line.ts";
import type { Problem } from "../problems.ts";
import { Progress } from "./progress.ts";
import type { Command, Surroundings } from "./run-command.ts";
import type { Settings } from "./settings.ts";
import { SettingError } from "./store-url.ts";
import { withTools } from "./tools.ts";
import { idOf, wantedDocuments } from "./transfer.ts";

const listed = 50;

export async function runCompact(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  return withTools(settings, around, "store-only", async ({ store, collab }) => {
    const documents = await wantedDocuments(command, store);
    const progress = new Progress(around.err, "compacted", documents.length);
    for (const document of documents) {
      await collab.document(document).compact();
      progress.step();
    }
    if (!command.options.flags.has("quiet")) progress.end();
    const failed = collab.stats().counts["compactions-failed"] ?? 0;
    if (failed > 0) around.err.write(`${failed} failed; their logs are whole. The lines above say why.\n`);
    return failed === 0 ? 0 : 1;
  });
}

export async function runVersions(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  const document = oneOf(command);
  const limit = settings.whole("limit", { min: 1, max: 100_000 }) ?? listed;
  return withTools(settings, around, "store-only", async ({ collab }) => {
    const versions: Version[] = [];
    for (let before: string | undefined; versions.length < limit; before = versions.at(-1)?.id) {
      const page = await collab.document(document).versions(before);
      versions.push(...page);
      if (page.length === 0) break;
    }
    const shown = versions.slice(0, limit);
    if (command.options.flags.has("json")) around.out.write(`${JSON.stringify(shown.map(rowOf), null, 2)}\n`);
    else for (const version of shown) around.out.write(`${lineOf(version)}\n`);
    if (shown.length === 0)
      around.err.write("There are no versions: one is made when somebody names it, or with time.\n");
    return 0;
  });
}

export async function runRestore(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  const document = oneOf(command);
  const version = settings.text("version");
  if (version === undefined) {
    throw new SettingError("--version is missing. List them: y-webpubsub-server versions <document>.");
  }
  return withTools(settings, around, "live", async ({ collab }) => {
    const changed = await collab.document(document).restore({ version }, { idempotencyKey: crypto.randomUUID() });
    around.out.write(changed ? "Restored. What was there before is a version, too.\n" : "Nothing was different.\n");
    return 0;
  });
}

export async function runDelete(command: Command, around: Surroundings, settings: Settings): Promise<number> {
  const document = oneOf(command);
  if (!command.options.flags.has("yes")) {
    throw new SettingError("This cannot be undone. Export the document first, then repeat with --yes.");
  }
  return withTools(settings, around, "live", async ({ store, collab }) => {
    if ((await store.load(document)) === null) {
      around.err.write("There is no such document: nothing was deleted.\n");
      return 1;
    }
    await collab.document(document).delete();
    around.out.write("Deleted.\n");
    return 0;
  });
}

/** What a document's own routes would have answered, for somebody at a terminal. */
export function problemWords(error: Problem): string {
  const cause = error.cause === undefined ? "" : ` (${reasonOf(error.cause)})`;
  return `${error.message}${cause}`;
}

function oneOf({ documents: [document = ""] }: Command) {
  return idOf(document);
}

function rowOf({ id, cursor, kind, label, userId, atMs }: Version) {
  return { id, cursor, kind, label, userId, at: new Date(atMs).toISOString() };
}

/** Labels and user ids are people's own words: nothing of them moves the terminal's cursor. */
function lineOf({ id, kind, label, userId, atMs }: Version): string {
  const plain = (text: string) => text.replace(/\p{Cc}/gu, "?");
  const name = label === null ? "" : `  ${plain(label)}`;
  return `${id}  ${new Date(atMs).toISOString()}  ${kind.padEnd(9)}  ${plain(userId ?? "-")}${name}`;
}
