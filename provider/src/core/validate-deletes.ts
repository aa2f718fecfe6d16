import type { BoundedReader } from "./bounded-reader.ts";
import { mergeRanges } from "./range-set.ts";
import type { Range, UpdateLimits } from "./update-summary.ts";

type DeleteLimits = Pick<UpdateLimits, "deleteClientsMax" | "deleteRangesMax" | "clockMax">;

const rangeBytesMin = 2;
const clientBytesMin = 2;
const none: readonly Range[] = [];

/** Walks a V1 delete set, as updates and snapshots hold it. Ranges come back sorted and merged; Yjs does not promise that of the bytes. */
export function readDeletes(reader: BoundedReader, limits: DeleteLimits): readonly Range[] {
  const clients = reader.count(clientBytesMin);
  if (clients > limits.deleteClientsMax) reader.fail("too-many-delete-clients");
  if (clients === 0 || !reader.ok) return none;
  const ranges: Range[] = [];
  const seen = clients > 1 ? new Set<number>() : null;
  for (let index = 0; index < clients && reader.ok; index++) {
    const client = reader.varUint();
    if (seen !== null && seen.size === seen.add(client).size) reader.fail("duplicate-delete-client");
    readRanges(reader, limits, client, ranges);
  }
  return mergeRanges(ranges);
}

function readRanges(reader: BoundedReader, limits: DeleteLimits, client: number, into: Range[]): void {
  const count = reader.count(rangeBytesMin);
  if (into.length + count > limits.deleteRangesMax) reader.fail("too-many-delete-ranges");
  for (let index = 0; index < count && reader.ok; index++) {
    const clock = reader.varUint();
    const length = reader.varUint();
    if (!reader.ok) return;
    if (length === 0) reader.fail("zero-length-delete");
    else if (clock + length > limits.clockMax) reader.fail("clock-too-large");
    into.push({ client, clock, length });
  }
}
