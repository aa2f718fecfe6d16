import { BoundedReader } from "./bounded-reader.ts";
import { decodeClients, encodeClients } from "./coverage-codec.ts";
import type { Decoded } from "./ports.ts";
import { mergeRanges, RangeSet } from "./range-set.ts";
import type { Range, UpdateSummary } from "./update-summary.ts";
import { readDeletes } from "./validate-deletes.ts";

/** What `Y.snapshot(doc)` answers, as far as it is read here. */
export interface SnapshotLike {
  readonly sv: ReadonlyMap<number, number>;
  readonly ds: { readonly clients: ReadonlyMap<number, readonly { readonly clock: number; readonly len: number }[]> };
}

/** What one coverage holds and another lacks. */
export interface CoverageGap {
  readonly structs: readonly Range[];
  readonly deletes: readonly Range[];
}

const clockMax = 2 ** 40;
const snapshotLimits = {
  deleteClientsMax: Number.MAX_SAFE_INTEGER,
  deleteRangesMax: Number.MAX_SAFE_INTEGER,
  clockMax,
};

/**
 * What a replica or the server is known to hold: every client's clock (structs without a hole from 0) and the deleted
 * ranges. Mutable, with one owner; hand out `clone()`. Folding updates finds fewer deletions than the document itself
 * has (a lost race for a map key deletes without saying so), so compare digests of documents, not of folds.
 */
export class Coverage {
  private readonly structs: Map<number, number>;
  private readonly deleted: Map<number, RangeSet>;

  private constructor(structs: Map<number, number>, deleted: Map<number, RangeSet>) {
    this.structs = structs;
    this.deleted = deleted;
  }

  static empty(): Coverage {
    return new Coverage(new Map(), new Map());
  }

  /** Of a live document: `Coverage.fromSnapshot(Y.snapshot(doc))`. */
  static fromSnapshot(snapshot: SnapshotLike): Coverage {
    const coverage = Coverage.empty();
    for (const [client, clock] of snapshot.sv) coverage.structs.set(client, clock);
    for (const [client, items] of snapshot.ds.clients) {
      const ranges = items.map((item) => ({ client, clock: item.clock, length: item.len }));
      coverage.addDeletes(mergeRanges(ranges));
    }
    return coverage;
  }

  /** Of the bytes of `Y.encodeSnapshot` (V1), read without Yjs. */
  static fromSnapshotBytes(bytes: Uint8Array): Decoded<Coverage> {
    const reader = new BoundedReader(bytes);
    const coverage = Coverage.empty();
    coverage.addDeletes(readDeletes(reader, snapshotLimits));
    const clients = reader.count(2);
    for (let index = 0; index < clients && reader.ok; index++) {
      const client = reader.varUint();
      const clock = reader.varUint();
      if (coverage.structs.has(client)) reader.fail("duplicate-client");
      if (clock > clockMax) reader.fail("clock-too-large");
      coverage.structs.set(client, clock);
    }
    reader.end();
    return reader.problem === null ? { ok: true, value: coverage } : { ok: false, problem: reader.problem };
  }

  /** Reads what encode() wrote; anything else, another spelling of the same included, is a problem. */
  static decode(bytes: Uint8Array): Decoded<Coverage> {
    const clients = decodeClients(bytes);
    if (!clients.ok) return clients;
    const coverage = Coverage.empty();
    for (const { client, clock, deleted } of clients.value) {
      if (clock > 0) coverage.structs.set(client, clock);
      if (deleted.flat.length > 0) coverage.deleted.set(client, deleted);
    }
    return { ok: true, value: coverage };
  }

  /** Equal coverages have equal bytes. */
  encode(): Uint8Array {
    const clients = new Set([...this.structs.keys(), ...this.deleted.keys()]);
    const sorted = [...clients].sort((left, right) => left - right);
    return encodeClients(
      sorted.map((client) => ({
        client,
        clock: this.clock(client),
        deleted: this.deleted.get(client) ?? new RangeSet(),
      })),
    );
  }

  clone(): Coverage {
    const deleted = new Map([...this.deleted].map(([client, ranges]) => [client, ranges.clone()]));
    return new Coverage(new Map(this.structs), deleted);
  }

  /** Every known client's clock, as `Y.encodeStateVector` takes it. */
  get clocks(): ReadonlyMap<number, number> {
    return this.structs;
  }

  clock(client: number): number {
    return this.structs.get(client) ?? 0;
  }

  /**
   * What must be known before the update can be applied without Yjs parking a part of it: what precedes its structs,
   * what they refer to, what it deletes. Sorted and merged; empty: applicable now.
   */
  missingFor(summary: UpdateSummary): readonly Range[] {
    const missing: Range[] = [];
    const reached = new Map<number, number>();
    const require = (client: number, until: number): void => {
      const from = reached.get(client) ?? this.clock(client);
      if (until <= from) return;
      missing.push({ client, clock: from, length: until - from });
      reached.set(client, until);
    };
    for (const { client, clock, length, kind } of summary.structs) {
      if (kind === "skip") continue;
      require(client, clock);
      reached.set(client, Math.max(reached.get(client) ?? this.clock(client), clock + length));
    }
    for (const [client, clock] of summary.needs) require(client, clock);
    for (const { client, clock, length } of summary.deletes) require(client, clock + length);
    return mergeRanges(missing);
  }

  /** Whether every struct and every deletion of the update is known already. */
  covers(summary: UpdateSummary): boolean {
    for (const { client, clock, length, kind } of summary.structs) {
      if (kind === "skip") continue;
      if (clock + length > this.clock(client)) return false;
      if (kind !== "item" && !this.hasDeleted(client, clock, length)) return false;
    }
    return summary.deletes.every(({ client, clock, length }) => this.hasDeleted(client, clock, length));
  }

  /**
   * Whether a range of the update begins below what is known of its client and ends above. Yjs throws when such a struct
   * lies about its known half; `Y.diffUpdate` against the own state vector cuts that half off before it is applied.
   */
  straddles(summary: UpdateSummary): boolean {
    return summary.structs.some(({ client, clock, length, kind }) => {
      const known = this.clock(client);
      return kind !== "skip" && clock < known && known < clock + length;
    });
  }

  /** Takes an update in. Structs behind a hole do not count; deletions do, wherever they are. */
  add(summary: UpdateSummary): void {
    for (const { client, clock, length, kind } of summary.structs) {
      const known = this.clock(client);
      if (kind === "skip" || clock > known) continue;
      if (clock + length > known) this.structs.set(client, clock + length);
    }
    this.addDeletes(summary.structs.filter(({ kind }) => kind === "gc" || kind === "deleted"));
    this.addDeletes(summary.deletes);
  }

  /** What this coverage holds and `other` lacks. */
  missingFrom(other: Coverage): CoverageGap {
    const structs: Range[] = [];
    for (const [client, clock] of this.structs) {
      const known = other.clock(client);
      if (known < clock) structs.push({ client, clock: known, length: clock - known });
    }
    const deletes: Range[] = [];
    for (const [client, ranges] of this.deleted) {
      for (const range of ranges.missingFrom(other.deleted.get(client), client)) deletes.push(range);
    }
    return { structs, deletes };
  }

  equals(other: Coverage): boolean {
    if (this.structs.size !== other.structs.size || this.deleted.size !== other.deleted.size) return false;
    for (const [client, clock] of this.structs) if (other.clock(client) !== clock) return false;
    for (const [client, ranges] of this.deleted) {
      const theirs = other.deleted.get(client);
      if (theirs === undefined || !ranges.equals(theirs)) return false;
    }
    return true;
  }

  private hasDeleted(client: number, clock: number, length: number): boolean {
    return this.deleted.get(client)?.has(clock, clock + length) ?? false;
  }

  /** Ranges sorted by client and clock, as summaries hold them: one pass a client. */
  private addDeletes(ranges: readonly Range[]): void {
    let bounds: number[] = [];
    for (const [index, { client, clock, length }] of ranges.entries()) {
      bounds.push(clock, clock + length);
      if (ranges[index + 1]?.client === client) continue;
      const deleted = this.deleted.get(client) ?? new RangeSet();
      deleted.addAll(bounds);
      this.deleted.set(client, deleted);
      bounds = [];
    }
  }
}
