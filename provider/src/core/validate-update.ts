import { BoundedReader } from "./bounded-reader.ts";
import { isOpaque } from "./opaque.ts";
import type { UpdateLimits, UpdateSummary } from "./update-summary.ts";
import { readDeletes } from "./validate-deletes.ts";
import { StructWalk } from "./validate-structs.ts";

/** A live frame's update. Small, because a valid but quadratic update of 1,000 structs costs a tab over 100 ms. */
export const liveLimits: UpdateLimits = {
  bytesMax: 64 * 1024,
  clientsMax: 100,
  structsMax: 500,
  deleteClientsMax: 2_000,
  deleteRangesMax: 5_000,
  clockMax: 2 ** 40,
  jsonDepthMax: 64,
  subdocumentsMax: 100,
  rootNamesMax: 100,
};

/** An update that a client uploads over HTTP. 20,000 map entries with ten keys each are 220,000 honest structs. */
export const uploadLimits: UpdateLimits = {
  bytesMax: 4 * 1024 * 1024,
  clientsMax: 2_000,
  structsMax: 1_000_000,
  deleteClientsMax: 100_000,
  deleteRangesMax: 500_000,
  clockMax: 2 ** 40,
  jsonDepthMax: 64,
  subdocumentsMax: 2_000,
  rootNamesMax: 10_000,
};

export type { Range, StructKind, StructRange, UpdateLimits, UpdateSummary } from "./update-summary.ts";

export type Validated =
  | { readonly ok: true; readonly summary: UpdateSummary }
  | { readonly ok: false; readonly problem: string };

const noNeeds: ReadonlyMap<number, number> = new Map();

/**
 * The one check before bytes from outside reach lib0 or Yjs (apply, merge, diff, convert, state vector). Reads the Yjs
 * V1 encoding as Yjs 13.6 does, never throws, and costs a few percent of applying. It proves structure and bounds only:
 * whose clients may write, whether the update is applicable, nested type depth and cost of integration are the caller's.
 */
export function validateUpdate(update: Uint8Array, limits: UpdateLimits): Validated {
  if (update.length > limits.bytesMax) return { ok: false, problem: "update-too-large" };
  if (isOpaque(update)) return { ok: false, problem: "opaque-payload" };
  const reader = new BoundedReader(update);
  const walk = new StructWalk(reader, limits);
  walk.run();
  const deletes = readDeletes(reader, limits);
  reader.end();
  if (reader.problem !== null) return { ok: false, problem: reader.problem };
  const needs = needsOf(walk);
  // Blocks descend by client; the sort is stable, so clocks keep ascending.
  const structs = walk.ranges.sort((left, right) => left.client - right.client);
  return { ok: true, summary: { structs, deletes, structCount: walk.structCount, needs } };
}

function needsOf(walk: StructWalk): ReadonlyMap<number, number> {
  if (walk.referredTo.size === 0) return noNeeds;
  const ends = new Map<number, number>();
  for (const range of walk.ranges) {
    if (range.kind !== "skip") ends.set(range.client, range.clock + range.length);
  }
  const needs = new Map<number, number>();
  for (const [client, clock] of walk.referredTo) {
    // Up to its last range, a client's ranges and what must precede them hold every clock.
    if (clock > (ends.get(client) ?? 0)) needs.set(client, clock);
  }
  return needs;
}
