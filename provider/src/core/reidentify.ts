import * as Y from "yjs";
import type { Clash } from "./clash.ts";
import { everyItem, parentOf } from "./items.ts";
import { settle } from "./settle.ts";

type Struct = Y.Item | Y.GC;
/** Whether a struct is what it is for everybody: the log has it. */
export type IsFixed = (id: Y.ID) => boolean;

/**
 * Gives everything that the document holds of `client` from `clock` on the client id `fresh`, which the document must not
 * know: same content, same place, same Yjs objects; what builds on it follows. False, and nothing happened: something fixed
 * builds on it, so that its copies elsewhere would build on something else. Outside transactions only. Relative positions
 * and undo stacks still name the old ids.
 */
export function reidentify(doc: Y.Doc, { client, clock }: Clash, fresh: number, isFixed: IsFixed): boolean {
  const { store } = doc;
  const state = Y.getState(store, client);
  if (clock >= state) return true;
  const isMoved = (id: Y.ID | null): boolean => id !== null && id.client === client && id.clock >= clock;
  if (isBuiltUpon(doc, client, isMoved, isFixed)) return false;
  cutAt(doc, client, clock);
  const structs = structsOf(doc, client);
  const first = structs.findIndex((struct) => struct.id.clock >= clock);
  const moved = structs.splice(first);
  const anew = (id: Y.ID): Y.ID => Y.createID(fresh, id.clock - clock);
  for (const struct of moved) {
    struct.id = anew(struct.id);
    if (!(struct instanceof Y.Item)) continue;
    if (struct.origin !== null && isMoved(struct.origin)) struct.origin = anew(struct.origin);
    if (struct.rightOrigin !== null && isMoved(struct.rightOrigin)) struct.rightOrigin = anew(struct.rightOrigin);
    if (struct.redone !== null && isMoved(struct.redone)) struct.redone = anew(struct.redone);
  }
  for (const item of everyItem(doc)) {
    if (item.origin !== null && isMoved(item.origin)) item.origin = anew(item.origin);
    if (item.rightOrigin !== null && isMoved(item.rightOrigin)) item.rightOrigin = anew(item.rightOrigin);
    if (item.redone !== null && isMoved(item.redone)) item.redone = anew(item.redone);
  }
  if (structs.length === 0) store.clients.delete(client);
  store.clients.set(fresh, moved);
  settle(doc, fresh);
  return true;
}

/** Cuts the struct that lies across the border, if one does. */
function cutAt(doc: Y.Doc, client: number, clock: number): void {
  const structs = structsOf(doc, client);
  const at = Y.findIndexSS(structs, clock);
  const across = structs[at];
  if (!(across instanceof Y.GC)) {
    // A transaction that never runs: nobody hears of it.
    Y.getItemCleanStart(new Y.Transaction(doc, null, true), Y.createID(client, clock));
    return;
  }
  // Yjs never cuts collected ones.
  const before = clock - across.id.clock;
  if (before === 0) return;
  structs.splice(at + 1, 0, new Y.GC(Y.createID(client, clock), across.length - before));
  across.length = before;
}

/** Whether a fixed struct of another client refers to what is to be moved. */
function isBuiltUpon(doc: Y.Doc, client: number, isMoved: (id: Y.ID | null) => boolean, isFixed: IsFixed): boolean {
  for (const item of everyItem(doc)) {
    if (item.id.client === client || !isFixed(item.id)) continue;
    if (isMoved(item.origin) || isMoved(item.rightOrigin) || isMoved(parentOf(item))) return true;
  }
  return false;
}

function structsOf(doc: Y.Doc, client: number): Struct[] {
  return doc.store.clients.get(client) ?? [];
}
