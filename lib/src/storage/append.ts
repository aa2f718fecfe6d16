import { bytesEqual, type Claim, type Cursor } from "y-webpubsub/core";
import type { Appended, NewEntry, SessionRow } from "../core/document-store.ts";
import type { DocumentHead } from "./document-head.ts";
import { claimKey, cursorAt, recordKey, sessionKey } from "./keys.ts";
import { claimRecord, entryRecord, sessionRecord, sizeOf } from "./records.ts";
import type { Operation } from "./writer.ts";

/** DU2: by the session's row it is known whether an upload is new, the same again, or another under an old number. */
export function appendOperation(
  of: DocumentHead,
  generation: number,
  entry: NewEntry,
  expectedHead?: Cursor,
): Operation<Appended> {
  const rowKey = sessionKey(of.key, entry.session);
  return {
    keys: [of.recordKey, rowKey],
    bytes: sizeOf(entry),
    decide(draft) {
      const head = of.of(draft);
      if (head.generation !== generation) return { outcome: "generation-changed", generation: head.generation };
      const stored = draft.get(rowKey);
      const known = stored && repeated(sessionRecord.decode(rowKey, stored), entry);
      if (known) return known;
      if (expectedHead !== undefined && of.cursor(head) !== expectedHead)
        return { outcome: "head-changed", head: of.cursor(head) };
      const position = head.position + 1;
      const cursor = cursorAt(of.key, { generation, position });
      const entryKey = recordKey("entry", of.key, cursor);
      draft.put(entryKey, entryRecord.encode(entryKey, { ...entry, cursor }));
      draft.put(rowKey, sessionRecord.encode(rowKey, { ...entry, cursor }));
      of.put(draft, { ...head, position });
      return { outcome: "stored", cursor };
    },
  };
}

function repeated(row: SessionRow, entry: NewEntry): Appended | null {
  if (entry.upload > row.upload) return null;
  if (entry.upload < row.upload) return { outcome: "stale" };
  if (!bytesEqual(entry.hash, row.hash)) return { outcome: "conflict" };
  return { outcome: "duplicate", cursor: row.cursor, seqTo: row.seqTo };
}

/** The first claim of a client id stands. Answers the owner of each asked id, in the order of asking. */
export function claimOperation(of: DocumentHead, claims: readonly Claim[]): Operation<readonly Claim[]> {
  const asked = claims.map((claim) => ({ claim, key: claimKey(of.key, claim.client) }));
  return {
    keys: [of.recordKey, ...asked.map(({ key }) => key)],
    bytes: 128 * asked.length,
    decide(draft) {
      // A document that has claims is one that loads.
      if (asked.length > 0 && !draft.get(of.recordKey)) of.put(draft, of.of(draft));
      return asked.map(({ claim, key }) => {
        const stored = draft.get(key);
        if (stored) return claimRecord.decode(key, stored);
        draft.put(key, claimRecord.encode(key, claim));
        return claim;
      });
    },
  };
}
