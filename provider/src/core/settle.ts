import * as Y from "yjs";
import { everyItem, parentOf } from "./items.ts";

/**
 * Everything of `client`, whose items took this id where they stand: Yjs puts an item where its origins and its client id
 * say, and one for which that is another place than here gets its neighbours as origins. That happens to what was written
 * beside other content than this document has under those ids. The rule of places is `Item.integrate` of Yjs 13.6.
 */
export function settle(doc: Y.Doc, client: number): void {
  for (const { origin, rightOrigin } of itemsOf(doc, client)) {
    endingAt(doc, origin);
    beginningAt(doc, rightOrigin);
  }
  const moved = itemsOf(doc, client);
  const levels = levelsOf(doc, moved);
  for (const [level, item] of moved.entries()) {
    // What builds on it comes later, wherever it stands.
    const isThere = (other: Y.Item): boolean => (levels.get(other) ?? -1) < level;
    const left = nearest(item.left, "left", isThere);
    if (isSound(doc, item) && placeOf(doc, item, isThere) === left) continue;
    item.origin = left?.lastId ?? null;
    item.rightOrigin = nearest(item.right, "right", isThere)?.id ?? null;
  }
}

/**
 * Whether somebody who reads the whole document has every item where it is here. Others' items can stand elsewhere: they
 * came while something that had no place there lay beside theirs, under ids that had other content at its author.
 */
export function isSettled(doc: Y.Doc): boolean {
  const reader = new Y.Doc();
  Y.applyUpdate(reader, Y.encodeStateAsUpdate(doc));
  const isAlike = standsAlike(doc, reader) && standsAlike(reader, doc);
  reader.destroy();
  return isAlike;
}

/** Whether each item of the first has the same left neighbour in the second, unless that has collected it. */
function standsAlike(one: Y.Doc, other: Y.Doc): boolean {
  for (const { id, left } of everyItem(one)) {
    // What refers to each other in a circle is read by nobody.
    if (Y.getState(other.store, id.client) <= id.clock) return false;
    const there = Y.getItem(other.store, id);
    if (!(there instanceof Y.Item)) continue;
    const before = there.id.clock < id.clock ? Y.createID(id.client, id.clock - 1) : (there.left?.lastId ?? null);
    if (!Y.compareIDs(left?.lastId ?? null, before)) return false;
  }
  return true;
}

/**
 * The last of the moved items that an item is, or cannot be read without, by its number; who needs none is not in the map.
 * A reader takes what one client wrote in the order of its clocks: what an item needs, those after it need.
 */
function levelsOf(doc: Y.Doc, moved: readonly Y.Item[]): ReadonlyMap<Y.Item, number> {
  const levels = new Map<Y.Item, number>(moved.map((item, level) => [item, level]));
  const isMoved = new Set(moved);
  const clients = new Set(moved.map(({ id }) => id.client));
  const levelAt = (id: Y.ID | null): number => {
    if (id === null || !clients.has(id.client)) return -1;
    const struct = Y.getItem(doc.store, id);
    return struct instanceof Y.Item ? (levels.get(struct) ?? -1) : -1;
  };
  for (let grows = true; grows; ) {
    grows = false;
    let [client, before] = [-1, -1];
    for (const item of everyItem(doc)) {
      if (item.id.client !== client) [client, before] = [item.id.client, -1];
      const level = Math.max(before, levelAt(item.origin), levelAt(item.rightOrigin), levelAt(parentOf(item)));
      before = level;
      if (isMoved.has(item) || level <= (levels.get(item) ?? -1)) continue;
      levels.set(item, level);
      clients.add(item.id.client);
      grows = true;
    }
  }
  return levels;
}

/**
 * Whether its origins can have been neighbours when it was written: then nothing that one of them was written beside lies
 * between them. Where it does, the item's place depends on the order in which a reader gets the others.
 */
function isSound(doc: Y.Doc, item: Y.Item): boolean {
  const left = endingAt(doc, item.origin);
  const right = beginningAt(doc, item.rightOrigin);
  const beside = [right?.origin ?? null, left?.rightOrigin ?? null].map((id) => id && Y.getItem(doc.store, id));
  for (let at = left === null ? first(item) : left.right; at !== null && at !== right; at = at.right) {
    if (beside.includes(at)) return false;
  }
  return true;
}

/** After which item Yjs would put this one into a document of what is there; null: before all. */
function placeOf(doc: Y.Doc, item: Y.Item, isThere: (other: Y.Item) => boolean): Y.Item | null {
  let left = endingAt(doc, item.origin);
  const right = beginningAt(doc, item.rightOrigin);
  const before = new Set<Y.Item>();
  const conflicting = new Set<Y.Item>();
  const next = (from: Y.Item | null): Y.Item | null => nearest(from, "right", isThere);
  for (let at = next(left === null ? first(item) : left.right); at !== null && at !== right; at = next(at.right)) {
    before.add(at);
    conflicting.add(at);
    const origin = at.origin === null ? null : Y.getItem(doc.store, at.origin);
    if (Y.compareIDs(item.origin, at.origin)) {
      if (at.id.client >= item.id.client) {
        if (Y.compareIDs(item.rightOrigin, at.rightOrigin)) break;
        continue;
      }
    } else if (!(origin instanceof Y.Item) || !before.has(origin)) break;
    else if (conflicting.has(origin)) continue;
    left = at;
    conflicting.clear();
  }
  return left;
}

function nearest(from: Y.Item | null, side: "left" | "right", isThere: (other: Y.Item) => boolean): Y.Item | null {
  let at = from;
  while (at !== null && !isThere(at)) at = at[side];
  return at;
}

/** The first of the list that the item is in, or of the values of its key. */
function first({ parent, parentSub }: Y.Item): Y.Item | null {
  if (!(parent instanceof Y.AbstractType)) return null;
  const last = parentSub === null ? parent._start : parent._map.get(parentSub);
  return nearest(last ?? null, "left", ({ left }) => left === null);
}

/** Yjs cuts what reaches over an origin; a transaction that never runs: nobody hears of it. */
function beginningAt(doc: Y.Doc, id: Y.ID | null): Y.Item | null {
  const struct = id === null ? null : Y.getItemCleanStart(new Y.Transaction(doc, null, true), id);
  return struct instanceof Y.Item ? struct : null;
}

function endingAt(doc: Y.Doc, id: Y.ID | null): Y.Item | null {
  const struct = id === null ? null : Y.getItemCleanEnd(new Y.Transaction(doc, null, true), doc.store, id);
  return struct instanceof Y.Item ? struct : null;
}

function itemsOf(doc: Y.Doc, client: number): readonly Y.Item[] {
  return (doc.store.clients.get(client) ?? []).filter((struct) => struct instanceof Y.Item);
}
