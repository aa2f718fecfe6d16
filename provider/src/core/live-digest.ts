import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { bytesEqual, sha256 } from "./digest.ts";
import { RangeSet } from "./range-set.ts";

type State =
  /** Nothing is known of the document, or something happened that no transaction told. */
  | { readonly phase: "unseeded" }
  | { readonly phase: "following"; clocks: ReadonlyMap<number, number>; readonly deleted: Map<number, RangeSet> };

/**
 * SY9: the digest of a document, equal to `digestOf(doc)` at any time, without walking the whole document each time:
 * deletions are collected from transaction to transaction. Whatever changes the document behind Yjs's back (DU12) shows
 * in its clocks, and the next digest is made from the whole again.
 */
export class LiveDigest {
  private readonly doc: Y.Doc;
  private state: State = { phase: "unseeded" };
  private readonly follow = (transaction: Y.Transaction): void => {
    if (this.state.phase === "unseeded") return;
    const { clocks, deleted } = this.state;
    if (!sameClocks(clocks, transaction.beforeState)) {
      this.forget();
      return;
    }
    for (const [client, ranges] of deletionsOf(transaction)) addAll(deleted, client, ranges);
    this.state.clocks = transaction.afterState;
  };

  constructor(doc: Y.Doc) {
    this.doc = doc;
  }

  current(): Uint8Array {
    const clocks = clocksOf(this.doc);
    if (this.state.phase === "following" && !sameClocks(this.state.clocks, clocks)) this.forget();
    const deleted = this.state.phase === "following" ? this.state.deleted : this.seed(clocks);
    return sha256(encodeSnapshot(clocks, deleted));
  }

  /** Whether what was kept up is what the whole document says; from now on it is. */
  verify(): boolean {
    const kept = this.current();
    this.forget();
    return bytesEqual(kept, this.current());
  }

  /** The next digest is made from the whole document. */
  forget(): void {
    this.doc.off("afterTransactionCleanup", this.follow);
    this.state = { phase: "unseeded" };
  }

  private seed(clocks: ReadonlyMap<number, number>): Map<number, RangeSet> {
    const deleted = new Map<number, RangeSet>();
    for (const [client, items] of Y.createDeleteSetFromStructStore(this.doc.store).clients) {
      addAll(deleted, client, items);
    }
    this.state = { phase: "following", clocks, deleted };
    this.doc.on("afterTransactionCleanup", this.follow);
    return deleted;
  }
}

interface Deleted {
  readonly clock: number;
  readonly len: number;
}

/** What a transaction deleted, and what came as deleted already: Yjs names structs that arrive collected nowhere. */
function* deletionsOf({ deleteSet, beforeState, afterState, doc }: Y.Transaction): Iterable<[number, Deleted[]]> {
  for (const [client, items] of deleteSet.clients) yield [client, [...items].sort((a, b) => a.clock - b.clock)];
  for (const [client, clock] of afterState) {
    const before = beforeState.get(client) ?? 0;
    const structs = doc.store.clients.get(client);
    if (before === clock || structs === undefined) continue;
    const arrived: Deleted[] = [];
    for (let index = Y.findIndexSS(structs, before); index < structs.length; index++) {
      const struct = structs[index];
      if (struct?.deleted === true) arrived.push({ clock: struct.id.clock, len: struct.length });
    }
    yield [client, arrived];
  }
}

function addAll(deleted: Map<number, RangeSet>, client: number, items: readonly Deleted[]): void {
  if (items.length === 0) return;
  const ranges = deleted.get(client) ?? new RangeSet();
  ranges.addAll(items.flatMap(({ clock, len }) => [clock, clock + len]));
  deleted.set(client, ranges);
}

function clocksOf({ store }: Y.Doc): ReadonlyMap<number, number> {
  return new Map([...store.clients.keys()].map((client) => [client, Y.getState(store, client)]));
}

function sameClocks(left: ReadonlyMap<number, number>, right: ReadonlyMap<number, number>): boolean {
  if (left.size !== right.size) return false;
  for (const [client, clock] of left) if (right.get(client) !== clock) return false;
  return true;
}

/** The bytes of `Y.encodeSnapshot`: deletions, then clocks, larger client ids first. */
function encodeSnapshot(clocks: ReadonlyMap<number, number>, deleted: ReadonlyMap<number, RangeSet>): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, deleted.size);
  for (const [client, { flat }] of descending(deleted)) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, flat.length / 2);
    for (let index = 0; index < flat.length; index += 2) {
      const start = flat[index] ?? 0;
      encoding.writeVarUint(encoder, start);
      encoding.writeVarUint(encoder, (flat[index + 1] ?? start) - start);
    }
  }
  encoding.writeVarUint(encoder, clocks.size);
  for (const [client, clock] of descending(clocks)) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
  }
  return encoding.toUint8Array(encoder);
}

function descending<T>(clients: ReadonlyMap<number, T>): readonly (readonly [number, T])[] {
  return [...clients].sort(([left], [right]) => right - left);
}
