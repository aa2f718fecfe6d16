import { describe, expect, test } from "vitest";
import type { Claim, Cursor, Receipt, SessionId, UploadBatch, UserId } from "y-webpubsub/core";
import * as Y from "yjs";
import { toldOf } from "./told.ts";

const ada = "ada" as UserId;
const session = "AAAAAAAAAAAAAAAA" as SessionId;
const receipt = { cursor: "c7" as Cursor } as Receipt;
const owners: readonly Claim[] = [{ client: 1, userId: ada }];
const head = { type: "stored", cursor: "c7" };

function upload(words: string, rest: Partial<UploadBatch> = {}): UploadBatch {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getText("t").insert(0, words);
  const update = Y.encodeStateAsUpdate(doc);
  return { session, upload: 3, seqTo: 5, announce: false, adoption: false, update, ...rest };
}

describe("what a room is told of an upload", () => {
  test("SY10 in a direct document: the new head, when its author asks for it", () => {
    expect(toldOf("direct", upload("a"), ada, { receipt, owners })).toBe(null);
    expect(toldOf("direct", upload("a", { announce: true }), ada, { receipt, owners })).toEqual(head);
  });

  test("AU2 in an authoritative one: the edit itself, or the head when it is too much or says nothing of batches", () => {
    const batch = upload("a", { seqFrom: 4 });
    const { update } = batch;
    const entry = { session, userId: ada, seqFrom: 4, seqTo: 5, owners, update };
    expect(toldOf("authoritative", batch, ada, { receipt, owners })).toEqual({ type: "entries", entries: [entry] });
    expect(toldOf("authoritative", upload("a"), ada, { receipt, owners })).toEqual(head);
    expect(toldOf("authoritative", upload("x".repeat(33_000), { seqFrom: 4 }), ada, { receipt, owners })).toEqual(head);
  });
});
