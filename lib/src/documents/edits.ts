import { createHash, randomBytes } from "node:crypto";
import {
  type Cursor,
  type DocumentId,
  type SessionId,
  sessionFromBytes,
  type UserId,
  unreachable,
  uploadLimits,
  validateUpdate,
} from "y-webpubsub/core";
import type { Collab, Opened } from "../collab.ts";
import { type DocumentLog, type Wrote, writeEdit } from "../core/index.ts";
import type { HistoricStore } from "../history/chunks.ts";
import { type Material, materialNow } from "../history/positions.ts";
import { Problem } from "../problems.ts";
import { documentLimits } from "./limits.ts";

/** What is at hand when the server writes into a document. */
export interface Desk {
  readonly collab: Collab;
  readonly opened: Opened;
  readonly store: HistoricStore;
  readonly document: DocumentId;
}

export interface Edit {
  readonly userId: UserId;
  /** The same key within a day is the same edit, done once. Null: this one call. */
  readonly key: string | null;
  /** Only while the log ends there; else a `Problem` "head-changed". Null: wherever it ends. */
  readonly ifHead: Cursor | null;
  /** The parts that make the change, from what the document is now; none: nothing to change. */
  readonly make: (now: Material, client: number) => Promise<readonly Uint8Array[]>;
}

export interface Edited {
  /** Where the edit lies in the log, or the head when there was nothing to change. */
  readonly cursor: Cursor;
  /** Where the log ended before. */
  readonly before: Cursor;
  readonly changed: boolean;
  /** It was done before, under the same key. */
  readonly repeated: boolean;
}

/** The last part of an edit is marked in its session's row; what comes before it is unfinished. */
const marks = { part: 0, last: 1 } as const;

/**
 * SE2: an edit that follows the very head it was made from. When the log grew meanwhile it is made again, from the
 * second time on while this server's uploads wait. Live editors are told by a signed notice and read it from the log.
 */
export async function edit(desk: Desk, what: Edit): Promise<Edited> {
  const { opened, document } = desk;
  const log = opened.documents.log(document);
  const author = authorOf(document, what.key);
  for (let tries = 1; tries <= documentLimits.triesMax; tries++) {
    const attempt = () => tryOnce(desk, log, author, what);
    const done = await (tries === 1 ? attempt() : log.gate.shut(attempt));
    if (done !== "head-changed") return done;
    if (what.ifHead !== null) break;
  }
  throw new Problem("head-changed");
}

interface Author {
  readonly session: SessionId;
  readonly client: number;
}

/** Of a key: always the same, so that a repetition is found by its session. */
function authorOf(document: DocumentId, key: string | null): Author {
  const seed =
    key === null
      ? randomBytes(32)
      : createHash("sha256")
          .update(JSON.stringify(["edit", document, key]))
          .digest();
  return { session: sessionFromBytes(new Uint8Array(seed.subarray(0, 12))), client: seed.readUInt32LE(12) };
}

async function tryOnce(
  desk: Desk,
  log: DocumentLog,
  { session, client }: Author,
  { userId, ifHead, make }: Edit,
): Promise<Edited | "head-changed"> {
  const { collab, opened, store, document } = desk;
  const state = await log.state();
  const row = state.sessions.get(session);
  if (row?.seqTo === marks.last) return { cursor: row.cursor, before: row.cursor, changed: true, repeated: true };
  const now = await materialNow(store, document);
  if (ifHead !== null && now.head !== ifHead) return "head-changed";
  const parts = await make(now, client);
  if (parts.length === 0) return { cursor: now.head, before: now.head, changed: false, repeated: false };
  let head = now.head;
  for (const [index, update] of parts.entries()) {
    assertSound(update);
    const upload = (row?.upload ?? 0) + 1 + index;
    const seqTo = index === parts.length - 1 ? marks.last : marks.part;
    const entry = { session, userId, upload, seqTo, client, update };
    const ports = { store, clock: collab.parts.clock };
    const wrote = await writeEdit(document, log, ports, entry, { generation: now.generation, head });
    if (wrote.outcome !== "stored") return notStored(wrote);
    head = wrote.cursor;
  }
  collab.stored(opened, document, { generation: now.generation, cursor: head }, { type: "stored", cursor: head });
  return { cursor: head, before: now.head, changed: true, repeated: false };
}

/** Parts that were written stay: the next try goes on from what the document is then. */
function notStored(wrote: Exclude<Wrote, { readonly outcome: "stored" }>): "head-changed" {
  switch (wrote.outcome) {
    case "head-changed":
    // Another server writes under the same key: the next look finds its row.
    case "spent":
      return "head-changed";
    case "generation-changed":
      throw new Problem("generation-changed", { fields: { generation: wrote.generation } });
    case "foreign-client":
      throw new Problem("foreign-client");
    default:
      throw unreachable(wrote);
  }
}

/** SE1: what members would drop is never written. */
function assertSound(update: Uint8Array): void {
  const read = validateUpdate(update, uploadLimits);
  if (!read.ok) throw new Problem("update-invalid", { what: read.problem });
}
