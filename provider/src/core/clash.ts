import * as Y from "yjs";
import type { Coverage } from "./coverage.ts";
import type { UpdateSummary } from "./update-summary.ts";

type Struct = Y.Item | Y.GC;

/** DU12: whether an entry of the log speaks of what the document holds from elsewhere; only then is it compared. */
export function mayClash({ structs }: UpdateSummary, held: (client: number) => number, shadow: Coverage): boolean {
  return structs.some(
    ({ client, clock, length, kind }) =>
      kind === "item" && clock < held(client) && clock + length > shadow.clock(client),
  );
}

/** Where two writers used one client id for different content: from this clock on. */
export interface Clash {
  readonly client: number;
  readonly clock: number;
}

/**
 * DU12: the first place where an update says other content than the document holds under the same id; null:
 * they agree as far as both reach. Deleted content agrees with anything at
 * the same place, and what lies below `known` is not looked at: the log has said it before. The update must be validated.
 */
export function findClash(doc: Y.Doc, update: Uint8Array, known: (client: number) => number): Clash | null {
  for (const theirs of Y.decodeUpdate(update).structs) {
    const { client, clock } = theirs.id;
    if (!(theirs instanceof Y.Item) || theirs.content instanceof Y.ContentDeleted) continue;
    const end = Math.min(clock + theirs.length, Y.getState(doc.store, client));
    for (let at = Math.max(clock, known(client)); at < end; ) {
      const ours = structAt(doc, client, at);
      const until = Math.min(end, ours.id.clock + ours.length);
      for (; at < until; at++) if (differs(ours, theirs, at)) return { client, clock: at };
    }
  }
  return null;
}

function structAt(doc: Y.Doc, client: number, clock: number): Struct {
  const structs = doc.store.clients.get(client) ?? [];
  const struct = structs[Y.findIndexSS(structs, clock)];
  if (struct instanceof Y.Item || struct instanceof Y.GC) return struct;
  throw new Error("a known clock has a struct");
}

function differs(ours: Struct, theirs: Y.Item, clock: number): boolean {
  if (!(ours instanceof Y.Item)) return false;
  if (!Y.compareIDs(originAt(ours, clock), originAt(theirs, clock))) return true;
  return !ours.deleted && unit(ours, clock) !== unit(theirs, clock);
}

/** Yjs joins neighbours: inside a struct each unit follows the one before it. */
function originAt(item: Y.Item, clock: number): Y.ID | null {
  return clock === item.id.clock ? item.origin : Y.createID(item.id.client, clock - 1);
}

/** One clock unit of an item's content, as text. */
function unit({ content, id }: Y.Item, clock: number): string {
  if (content instanceof Y.ContentString) return content.str.charAt(clock - id.clock);
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON)
    return inWords(content.arr[clock - id.clock]);
  if (content instanceof Y.ContentFormat) return inWords([content.key, content.value]);
  if (content instanceof Y.ContentEmbed) return inWords(content.embed);
  if (content instanceof Y.ContentBinary) return content.content.join();
  // A type or a sub-document: what is in it has ids of its own.
  return content.constructor.name;
}

function inWords(value: unknown): string {
  return JSON.stringify(value) ?? "undefined";
}
