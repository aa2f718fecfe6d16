import { Coverage, type CoverageGap } from "y-webpubsub/core";
import * as Y from "yjs";
import type { Tab } from "./tab.ts";

/** Struct clocks and delete set of a document, as text. Equal documents have equal digests. */
export function digestOf(doc: Y.Doc): string {
  return Buffer.from(Y.encodeSnapshot(Y.snapshot(doc))).toString("base64");
}

/** The content with sorted keys: replicas may hold the keys of a map in different orders. */
export function contentOf(doc: Y.Doc): string {
  const roots = {
    text: doc.getText("text").toDelta(),
    map: doc.getMap("map").toJSON(),
    list: doc.getArray("list").toJSON(),
  };
  return JSON.stringify(sorted(roots));
}

function sorted(value: unknown): unknown {
  // A type in a text is told as it is.
  if (value instanceof Y.AbstractType) return sorted(value.toJSON());
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/**
 * Why a tab has not come to rest, or undefined. `abandoned`: some session ended with edits that were not saved. What it
 * published in part can stay held or known as a gap: nobody has the rest.
 */
export function unrest(tab: Tab, abandoned: boolean): string | undefined {
  const { replica, name, doc } = tab;
  const { buffered, held, unsavedBatches, openGaps } = replica.queues;
  if (replica.status !== "connected") return `CN3 ${name} is ${replica.status}`;
  if (!replica.synced) return `SY3 ${name} is not synced`;
  if (replica.unsyncedChanges !== 0) return `DU4 ${name} has ${replica.unsyncedChanges} unsynced changes`;
  if (replica.saveState !== "saved") return `DU5 the save state of ${name} is ${replica.saveState}`;
  if (unsavedBatches !== 0) return `DU4 ${name} has ${unsavedBatches} unsaved batches`;
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return `SY11 ${name} has pending structs`;
  if (abandoned) return undefined;
  if (buffered !== 0 || held !== 0) return `SY11 ${name} has ${buffered} buffered and ${held} held frames`;
  return openGaps === 0 ? undefined : `SY8 ${name} has ${openGaps} open gaps`;
}

/** Which replica differs from the stored document, or undefined. */
export function divergence(tabs: readonly Tab[], stored: Y.Doc): string | undefined {
  const digest = digestOf(stored);
  for (const { name, doc } of tabs) {
    const equal = digestOf(doc) === digest;
    if (!equal) return `SY9 ${name} and the server differ: ${JSON.stringify(difference(doc, stored))}`;
    if (contentOf(doc) !== contentOf(stored)) {
      return `SY9 ${name} has other content than the server: ${JSON.stringify(firstDifferent(doc, stored))}`;
    }
  }
  return undefined;
}

/** What each of two documents holds and the other lacks. */
function difference(
  replica: Y.Doc,
  stored: Y.Doc,
): { readonly onlyHere: CoverageGap; readonly onlyStored: CoverageGap } {
  const here = Coverage.fromSnapshot(Y.snapshot(replica));
  const there = Coverage.fromSnapshot(Y.snapshot(stored));
  return { onlyHere: here.missingFrom(there), onlyStored: there.missingFrom(here) };
}

/** The first id under which two documents hold different content. */
function firstDifferent(replica: Y.Doc, stored: Y.Doc): unknown {
  const there = unitsOf(stored);
  for (const [id, here] of unitsOf(replica))
    if (there.has(id) && there.get(id) !== here) return { id, here, there: there.get(id) };
  return "equal structs";
}

/** What is under each id: where it was put, and what it says, if it was not deleted. */
function unitsOf(doc: Y.Doc): Map<string, string> {
  const units = new Map<string, string>();
  for (const struct of [...doc.store.clients.values()].flat()) {
    if (!(struct instanceof Y.Item)) continue;
    const { client, clock } = struct.id;
    const content = struct.deleted ? [] : said(struct.content);
    for (let at = 0; at < struct.length; at++) {
      const left = at === 0 ? struct.origin : { client, clock: clock + at - 1 };
      units.set(`${client}:${clock + at}`, JSON.stringify([left, struct.rightOrigin, content[at]]));
    }
  }
  return units;
}

function said(content: Y.Item["content"]): readonly unknown[] {
  if (content instanceof Y.ContentFormat) return [[content.key, content.value]];
  return content instanceof Y.ContentType ? [content.type.constructor.name] : content.getContent();
}

/** Who does not see whom, or undefined. */
export function absence(tabs: readonly Tab[]): string | undefined {
  for (const { name, awareness } of tabs) {
    const seen = awareness.getStates();
    for (const other of tabs) {
      const there = JSON.stringify(seen.get(other.doc.clientID) ?? null);
      const own = JSON.stringify(other.awareness.getLocalState());
      if (there !== own) return `PR2 ${name} sees ${there} of ${other.name}, who shows ${own}`;
    }
    if (seen.size > tabs.length) return `PR1 ${name} sees ${seen.size - tabs.length} who are gone`;
  }
  return undefined;
}

/** The first update that a document does not hold in full, or -1. */
export function firstLost(doc: Y.Doc, updates: readonly Uint8Array[]): number {
  const snapshot = Y.snapshot(doc);
  return updates.findIndex((update) => !Y.snapshotContainsUpdate(snapshot, update));
}
