import * as encoding from "lib0/encoding";
import { BoundedReader } from "./bounded-reader.ts";
import type { Decoded } from "./ports.ts";
import { RangeSet } from "./range-set.ts";

/** One client's part of a coverage. */
export interface ClientCoverage {
  readonly client: number;
  readonly clock: number;
  readonly deleted: RangeSet;
}

const clockMax = 2 ** 40;
const clientBytesMin = 3;
const rangeBytesMin = 2;

/**
 * count, then for each client, ascending: client minus the one before, clock, count of deleted ranges, and for each
 * range its distance from the end of the one before and its length. All lib0 varUints.
 */
export function encodeClients(clients: readonly ClientCoverage[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, clients.length);
  let before = 0;
  for (const { client, clock, deleted } of clients) {
    encoding.writeVarUint(encoder, client - before);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarUint(encoder, deleted.flat.length / 2);
    before = client;
    let end = 0;
    for (const bound of deleted.flat) {
      encoding.writeVarUint(encoder, bound - end);
      end = bound;
    }
  }
  return encoding.toUint8Array(encoder);
}

/** Accepts exactly what encodeClients writes. */
export function decodeClients(bytes: Uint8Array): Decoded<readonly ClientCoverage[]> {
  const reader = new BoundedReader(bytes);
  const clients: ClientCoverage[] = [];
  const count = reader.count(clientBytesMin);
  let client = 0;
  for (let index = 0; index < count && reader.ok; index++) {
    const distance = reader.varUint();
    if (index > 0 && distance === 0) reader.fail("duplicate-client");
    client += distance;
    if (client > Number.MAX_SAFE_INTEGER) reader.fail("bad-varint");
    const clock = reader.varUint();
    if (clock > clockMax) reader.fail("clock-too-large");
    const deleted = readRanges(reader);
    if (clock === 0 && deleted.flat.length === 0) reader.fail("empty-client");
    clients.push({ client, clock, deleted });
  }
  reader.end();
  return reader.problem === null ? { ok: true, value: clients } : { ok: false, problem: reader.problem };
}

function readRanges(reader: BoundedReader): RangeSet {
  const count = reader.count(rangeBytesMin);
  const bounds: number[] = [];
  let end = 0;
  for (let index = 0; index < count && reader.ok; index++) {
    const gap = reader.varUint();
    const length = reader.varUint();
    if (reader.ok && (length === 0 || (index > 0 && gap === 0))) reader.fail("bad-range");
    bounds.push(end + gap, end + gap + length);
    end += gap + length;
    if (end > clockMax) reader.fail("clock-too-large");
  }
  return new RangeSet(bounds);
}
