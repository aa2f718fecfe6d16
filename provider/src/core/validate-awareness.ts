import * as encoding from "lib0/encoding";
import { BoundedReader } from "./bounded-reader.ts";
import { parseJson } from "./json-depth.ts";

export interface AwarenessLimits {
  readonly entriesMax: number;
  /** JSON bytes of one state. */
  readonly entryBytesMax: number;
  readonly jsonDepthMax: number;
  readonly clockMax: number;
}

export const awarenessLimits: AwarenessLimits = {
  entriesMax: 100,
  entryBytesMax: 4096,
  jsonDepthMax: 8,
  clockMax: 2 ** 40,
};

export interface AwarenessEntry {
  readonly clientId: number;
  readonly clock: number;
  /** Null: the client has left. */
  readonly state: Readonly<Record<string, unknown>> | null;
}

export type ValidatedAwareness =
  | { readonly ok: true; readonly entries: readonly AwarenessEntry[] }
  | { readonly ok: false; readonly problem: string };

/** Shortest entry: client, clock, string length, and one byte of JSON. */
const entryBytesMin = 4;

/**
 * Reads an awareness update (the encoding of y-protocols) before y-protocols does. Never throws. Whose client ids these
 * are, and whether a clock leaps ahead of the last one, only the caller knows.
 */
export function validateAwareness(update: Uint8Array, limits: AwarenessLimits): ValidatedAwareness {
  const reader = new BoundedReader(update);
  const count = reader.count(entryBytesMin);
  if (count > limits.entriesMax) reader.fail("too-many-entries");
  const entries = new Map<number, AwarenessEntry>();
  for (let index = 0; index < count && reader.ok; index++) {
    const entry = readEntry(reader, limits);
    if (entries.has(entry.clientId)) reader.fail("duplicate-client");
    entries.set(entry.clientId, entry);
  }
  reader.end();
  if (reader.problem !== null) return { ok: false, problem: reader.problem };
  return { ok: true, entries: [...entries.values()] };
}

function readEntry(reader: BoundedReader, limits: AwarenessLimits): AwarenessEntry {
  const clientId = reader.varUint();
  const clock = reader.varUint();
  if (clock > limits.clockMax) reader.fail("clock-too-large");
  const text = reader.varBytes();
  const parsed = reader.ok ? parseJson(text, { bytesMax: limits.entryBytesMax, depthMax: limits.jsonDepthMax }) : null;
  if (parsed === null) return { clientId, clock, state: null };
  if (!parsed.ok) reader.fail(parsed.problem);
  else if (isState(parsed.value)) return { clientId, clock, state: parsed.value };
  else reader.fail("state-not-an-object");
  return { clientId, clock, state: null };
}

function isState(value: unknown): value is Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && !Array.isArray(value);
}

/** What validateAwareness reads. */
export function encodeEntries(entries: readonly AwarenessEntry[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, entries.length);
  for (const { clientId, clock, state } of entries) {
    encoding.writeVarUint(encoder, clientId);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify(state));
  }
  return encoding.toUint8Array(encoder);
}
