import type { Cursor, DocumentId, SnapshotRef } from "y-webpubsub/core";
import { cursorAt, type DocumentKey, documentKey, recordKey, snapshotRefAt } from "./keys.ts";
import { type HeadRecord, headRecord } from "./records.ts";
import type { Draft } from "./writer.ts";

/** One document's head record, and what its numbers are called outside. */
export class DocumentHead {
  readonly key: DocumentKey;
  readonly recordKey: string;
  readonly document: DocumentId;

  constructor(document: DocumentId) {
    this.document = document;
    this.key = documentKey(document);
    this.recordKey = recordKey("head", this.key);
  }

  /** The head as an operation sees it; of an unwritten document when there is none. */
  of(draft: Draft): HeadRecord {
    return this.decode(draft.get(this.recordKey));
  }

  decode(value: Uint8Array | null): HeadRecord {
    return value ? headRecord.decode(this.recordKey, value) : unwritten(this.document);
  }

  put(draft: Draft, head: HeadRecord): void {
    draft.put(this.recordKey, headRecord.encode(this.recordKey, head));
  }

  cursor({ generation, position }: HeadRecord): Cursor {
    return position === 0 ? ("" as Cursor) : cursorAt(this.key, { generation, position });
  }

  /** The current snapshot. */
  ref(head: HeadRecord): SnapshotRef | null {
    return head.snapshot === 0 ? null : this.refAt(head, head.snapshot);
  }

  refAt({ generation }: HeadRecord, number: number): SnapshotRef {
    return snapshotRefAt(this.key, { generation, position: number });
  }
}

function unwritten(document: DocumentId): HeadRecord {
  return {
    document,
    generation: 1,
    position: 0,
    snapshotsMade: 0,
    snapshot: 0,
    foldedTo: "" as Cursor,
    replaced: [],
  };
}
