import * as encoding from "lib0/encoding";
import type { BoundedReader } from "./bounded-reader.ts";
import { syncLimits } from "./limits.ts";
import type { Claim, SessionId, UserId } from "./ports.ts";
import { sessionFromBytes, sessionToBytes } from "./session-id.ts";

/** AU2: an upload as the server tells a room of it, once it is in the log. */
export interface PublishedEntry {
  readonly session: SessionId;
  readonly userId: UserId;
  readonly seqFrom: number;
  readonly seqTo: number;
  /** Owners of the client ids that have structs in `update`. */
  readonly owners: readonly Claim[];
  readonly update: Uint8Array;
}

const sessionBytes = 12;
const userIdBytesMax = 1024;
const ownerBytesMin = 2;
const entryBytesMin = sessionBytes + 5;

export function writeEntries(encoder: encoding.Encoder, entries: readonly PublishedEntry[]): void {
  encoding.writeVarUint(encoder, entries.length);
  for (const { session, userId, seqFrom, seqTo, owners, update } of entries) {
    encoding.writeUint8Array(encoder, sessionToBytes(session));
    encoding.writeVarString(encoder, userId);
    encoding.writeVarUint(encoder, seqFrom);
    encoding.writeVarUint(encoder, seqTo);
    encoding.writeVarUint(encoder, owners.length);
    for (const owner of owners) {
      encoding.writeVarUint(encoder, owner.client);
      encoding.writeVarString(encoder, owner.userId);
    }
    encoding.writeVarUint8Array(encoder, update);
  }
}

export function readEntries(reader: BoundedReader): readonly PublishedEntry[] {
  const count = reader.count(entryBytesMin);
  if (count > syncLimits.publishedEntriesMax) reader.fail("too-many-entries");
  const entries: PublishedEntry[] = [];
  for (let at = 0; at < count && reader.ok; at++) {
    const session = sessionFromBytes(reader.bytes(sessionBytes));
    const userId = reader.varString(userIdBytesMax) as UserId;
    const seqFrom = reader.varUint();
    const seqTo = reader.varUint();
    if (seqFrom < 1 || seqTo < seqFrom) reader.fail("bad-sequence");
    entries.push({ session, userId, seqFrom, seqTo, owners: readOwners(reader), update: reader.varBytes() });
  }
  return entries;
}

function readOwners(reader: BoundedReader): readonly Claim[] {
  const count = reader.count(ownerBytesMin);
  const owners: Claim[] = [];
  for (let at = 0; at < count && reader.ok; at++) {
    owners.push({ client: reader.varUint(), userId: reader.varString(userIdBytesMax) as UserId });
  }
  return owners;
}
