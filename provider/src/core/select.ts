import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { mergeRanges } from "./range-set.ts";
import type { Range } from "./update-summary.ts";

export interface Selection {
  readonly structs: readonly Range[];
  readonly deletes: readonly Range[];
}

/**
 * An update (V1) of what `doc` holds of the selection: for each client named in `structs`, everything from the lowest
 * clock on (an update has no holes), and exactly the deletions given. Null: `doc` holds nothing of it.
 */
export function selectUpdate(doc: Y.Doc, selection: Selection): Uint8Array | null {
  const known = Y.decodeStateVector(Y.encodeStateVector(doc));
  const from = new Map(known);
  for (const { client, clock } of selection.structs) {
    const state = known.get(client) ?? 0;
    if (clock < state) from.set(client, Math.min(from.get(client) ?? clock, clock));
  }
  const holds = [...from].some(([client, clock]) => clock < (known.get(client) ?? 0));
  if (!holds && selection.deletes.length === 0) return null;
  // An update is structs and then the whole delete set; one without structs is a single byte and the same delete set.
  const whole = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(from));
  const deletesOnly = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(known));
  const structs = whole.subarray(0, whole.length - (deletesOnly.length - 1));
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, structs);
  writeDeletes(encoder, selection.deletes);
  return encoding.toUint8Array(encoder);
}

/**
 * As `selectUpdate`, with the deletions of structs that say nothing but that they are deleted: whoever holds these alive
 * learns it from the delete set alone. They may be younger than the selection.
 */
export function selectForLog(doc: Y.Doc, selection: Selection): Uint8Array | null {
  const bare = selectUpdate(doc, { structs: selection.structs, deletes: [] });
  const deletes = bare === null ? selection.deletes : mergeRanges([...selection.deletes, ...deletedIn(bare)]);
  return selectUpdate(doc, { structs: selection.structs, deletes });
}

/** The structs of a valid update that say nothing but that they are deleted. */
function deletedIn(update: Uint8Array): Range[] {
  return Y.decodeUpdate(update).structs.flatMap((struct) => {
    const isDeleted =
      struct instanceof Y.GC || (struct instanceof Y.Item && struct.content instanceof Y.ContentDeleted);
    return isDeleted ? [{ client: struct.id.client, clock: struct.id.clock, length: struct.length }] : [];
  });
}

/** An update (V1) of deletions only. */
export function deletionsUpdate(deletes: readonly Range[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  writeDeletes(encoder, deletes);
  return encoding.toUint8Array(encoder);
}

export function writeDeletes(encoder: encoding.Encoder, deletes: readonly Range[]): void {
  const clients = new Map<number, Range[]>();
  for (const range of deletes) {
    const ranges = clients.get(range.client);
    if (ranges === undefined) clients.set(range.client, [range]);
    else ranges.push(range);
  }
  encoding.writeVarUint(encoder, clients.size);
  for (const [client, ranges] of [...clients].sort(([left], [right]) => right - left)) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, ranges.length);
    for (const { clock, length } of ranges) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, length);
    }
  }
}
