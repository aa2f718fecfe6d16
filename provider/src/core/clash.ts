import * as Y from "yjs";

type Struct = Y.Item | Y.GC;
/** What an update decodes to. */
export type Said = ReturnType<typeof Y.decodeUpdate>;

/** Where two writers used one client id for different content: from this clock on. */
export interface Clash {
  readonly client: number;
  readonly clock: number;
}

/**
 * DU12: the first place where decoded structs say other content, or another place for it, than the document holds under
 * the same id; null: they agree as far as both reach. Deleted content agrees with anything at the same place. Of collected
 * content nothing is left, but Yjs collects only what lies within something deleted: it agrees with anything that lies so
 * too. What lies below `known` is not looked at: the log has said it before.
 */
export function findClash(doc: Y.Doc, said: Said, known: (client: number) => number): Clash | null {
  for (const theirs of said.structs) {
    if (theirs instanceof Y.Skip) continue;
    const { client, clock } = theirs.id;
    const end = Math.min(clock + theirs.length, Y.getState(doc.store, client));
    for (let at = Math.max(clock, known(client)); at < end; ) {
      const ours = structAt(doc, client, at);
      const until = Math.min(end, ours.id.clock + ours.length);
      const differing = firstDifference(doc, ours, theirs, { at, until, deleted: said.ds });
      if (differing < until) return { client, clock: differing };
      at = until;
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

interface Stretch {
  readonly at: number;
  readonly until: number;
  /** As theirs says. */
  readonly deleted: Said["ds"];
}

/** The first of the clocks from `at` on that the two say differently; `until`: none. */
function firstDifference(doc: Y.Doc, ours: Struct, theirs: Struct, { at, until, deleted }: Stretch): number {
  if (ours instanceof Y.GC) return theirs instanceof Y.GC || liesInDeleted(doc, theirs, at) ? until : at;
  if (theirs instanceof Y.Item) return firstUnlike(ours, theirs, at, until);
  const parent = parentItem(ours);
  return parent !== null && (parent.deleted || Y.isDeleted(deleted, parent.id)) ? until : at;
}

/** Whether a decoded item lies within something that is deleted here, or beside something that was collected there. */
function liesInDeleted(doc: Y.Doc, item: Y.Item, clock: number): boolean {
  // As decoded: the id of a type's item, or the name of a root.
  const parent: unknown = item.parent;
  if (parent instanceof Y.ID) return isKnown(doc, parent) && structAt(doc, parent.client, parent.clock).deleted;
  const neighbours = [originAt(item, clock), item.rightOrigin].filter((id) => id !== null);
  return neighbours.some((id) => {
    if (!isKnown(doc, id)) return false;
    const neighbour = structAt(doc, id.client, id.clock);
    return neighbour instanceof Y.GC || parentItem(neighbour)?.deleted === true;
  });
}

function isKnown(doc: Y.Doc, { client, clock }: Y.ID): boolean {
  return clock < Y.getState(doc.store, client);
}

/** What the type that an item of a document lies in is the content of; null: it lies in a root. */
function parentItem({ parent }: Y.Item): Y.Item | null {
  return parent instanceof Y.AbstractType ? parent._item : null;
}

/** As `firstDifference`, of what was not collected. */
function firstUnlike(ours: Y.Item, theirs: Y.Item, at: number, until: number): number {
  if (!Y.compareIDs(originAt(ours, at), originAt(theirs, at)) || !isBeside(ours, theirs, at)) return at;
  if (ours.deleted || theirs.content instanceof Y.ContentDeleted) return until;
  const text = textOf(ours, at, until);
  if (text !== null && text === textOf(theirs, at, until)) return until;
  for (let clock = at; clock < until; clock++) if (unit(ours, clock) !== unit(theirs, clock)) return clock;
  return until;
}

/** Yjs joins neighbours: inside a struct each unit follows the one before it. */
function originAt(item: Y.Item, clock: number): Y.ID | null {
  return clock === item.id.clock ? item.origin : Y.createID(item.id.client, clock - 1);
}

/** Whether both stand before the same; what has no neighbour names its parent. */
function isBeside(ours: Y.Item, theirs: Y.Item, clock: number): boolean {
  if (!Y.compareIDs(ours.rightOrigin, theirs.rightOrigin)) return false;
  if (originAt(theirs, clock) !== null || theirs.rightOrigin !== null) return true;
  return ours.parentSub === theirs.parentSub && isParent(ours.parent, theirs.parent);
}

/** `theirs` as decoded: the id of a type's item, or the name of a root. */
function isParent(ours: Y.Item["parent"], theirs: unknown): boolean {
  if (!(ours instanceof Y.AbstractType)) return true;
  if (ours._item !== null) return theirs instanceof Y.ID && Y.compareIDs(ours._item.id, theirs);
  return theirs === Y.findRootTypeKey(ours);
}

/** What an item says between two clocks, if it is text. */
function textOf({ content, id }: Y.Item, from: number, until: number): string | null {
  return content instanceof Y.ContentString ? content.str.slice(from - id.clock, until - id.clock) : null;
}

/** One clock unit of an item's content, as text. */
function unit({ content, id }: Y.Item, clock: number): string {
  if (content instanceof Y.ContentString) return content.str.charAt(clock - id.clock);
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON)
    return inWords(content.arr[clock - id.clock]);
  if (content instanceof Y.ContentFormat) return inWords([content.key, content.value]);
  if (content instanceof Y.ContentEmbed) return inWords(content.embed);
  if (content instanceof Y.ContentBinary) return content.content.join();
  // What is in a type has ids of its own; a sub-document is another document.
  return content instanceof Y.ContentType ? kindOf(content.type) : content.constructor.name;
}

function kindOf(type: Y.ContentType["type"]): string {
  const encoder = new Y.UpdateEncoderV1();
  type._write(encoder);
  return encoder.toUint8Array().join();
}

function inWords(value: unknown): string {
  return JSON.stringify(value) ?? "undefined";
}
