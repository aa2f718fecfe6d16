import type { DocumentBackup } from "../core/document-history.ts";
import type { NewSnapshot } from "../core/document-store.ts";
import { chunkBytes, putChunk, removeAllChunks } from "./chunks.ts";
import type { DocumentHead } from "./document-head.ts";
import { allOf, claimKey, positionOf, recordKey, sessionKey } from "./keys.ts";
import { bytesRecord, claimRecord, type HeadRecord, sessionRecord, snapshotRecord } from "./records.ts";
import { putVersion } from "./versions.ts";
import type { Draft, Operation } from "./writer.ts";

export interface Reset {
  readonly outcome: "reset" | "generation-changed";
  readonly generation: number;
}

/** Without content the next generation begins as an unwritten document; with content at position 1, as a snapshot. */
export function resetOperation(
  of: DocumentHead,
  generation: number,
  content: Omit<NewSnapshot, "cursor"> | null,
): Operation<Reset> {
  return {
    keys: [of.recordKey],
    bytes: content?.payload.length ?? 0,
    async decide(draft) {
      const head = of.of(draft);
      if (head.generation !== generation) return { outcome: "generation-changed", generation: head.generation };
      await removeAll(draft, of);
      const next = { ...of.decode(null), generation: generation + 1 };
      if (content === null) of.put(draft, next);
      else putContent(draft, of, { ...next, position: 1 }, content);
      return { outcome: "reset", generation: next.generation };
    },
  };
}

export function importOperation(of: DocumentHead, backup: DocumentBackup): Operation<"imported" | "exists"> {
  const { generation, head, snapshot, chunks, versions, claims, sessions } = backup;
  return {
    keys: [of.recordKey],
    bytes: (snapshot?.payload.length ?? 0) + chunkBytes(chunks),
    decide(draft) {
      if (draft.get(of.recordKey)) return "exists";
      const begun = { ...of.decode(null), generation, position: positionOf(head) };
      if (snapshot === null) of.put(draft, begun);
      else putContent(draft, of, begun, snapshot);
      for (const claim of claims) {
        const key = claimKey(of.key, claim.client);
        draft.put(key, claimRecord.encode(key, claim));
      }
      for (const row of sessions) {
        const key = sessionKey(of.key, row.session);
        draft.put(key, sessionRecord.encode(key, row));
      }
      for (const chunk of chunks) putChunk(draft, of, chunk);
      for (const version of versions) putVersion(draft, of, version);
      return "imported";
    },
  };
}

/** The first snapshot of a generation, at the head, with its claims and sessions. */
function putContent(draft: Draft, of: DocumentHead, begun: HeadRecord, content: Omit<NewSnapshot, "cursor">): void {
  const cursor = of.cursor(begun);
  const head = { ...begun, snapshotsMade: 1, snapshot: 1, foldedTo: cursor };
  const { payload, ...description } = content;
  const ref = of.refAt(head, 1);
  const infoKey = recordKey("snapshot", of.key, ref);
  const payloadKey = recordKey("payload", of.key, ref);
  draft.put(infoKey, snapshotRecord.encode(infoKey, { ...description, cursor, ref, payloadBytes: payload.length }));
  draft.put(payloadKey, bytesRecord.encode(payloadKey, payload));
  for (const claim of content.claims) {
    const key = claimKey(of.key, claim.client);
    draft.put(key, claimRecord.encode(key, claim));
  }
  for (const row of content.sessions) {
    const key = sessionKey(of.key, row.session);
    draft.put(key, sessionRecord.encode(key, row));
  }
  of.put(draft, head);
}

/** Payloads are found by their descriptions, so that nothing large is read. */
async function removeAll(draft: Draft, of: DocumentHead): Promise<void> {
  for (const kind of ["claim", "entry", "quarantine", "session", "version"] as const) {
    for (const { key } of await draft.read(allOf(kind, of.key))) draft.remove(key);
  }
  const prefix = recordKey("snapshot", of.key).length;
  for (const { key } of await draft.read(allOf("snapshot", of.key))) {
    draft.remove(key);
    draft.remove(recordKey("payload", of.key, key.slice(prefix)));
  }
  await removeAllChunks(draft, of);
}
