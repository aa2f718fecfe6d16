import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { type AuthorProof, batchSigningBytes, type Certificate, sha256, type UploadBatch } from "y-webpubsub/core";
import * as Y from "yjs";
import { certify } from "./author.ts";
import { DocumentLog } from "./document-log.ts";
import { logLimits } from "./limits.ts";
import { Author, ada, board, eve, LogUnderTest, sessionId } from "./testing/log-under-test.ts";

function keyPair(seed: number): { readonly publicKey: Uint8Array; sign(bytes: Uint8Array): Uint8Array } {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return { publicKey: new Uint8Array(spki.subarray(-32)), sign: (bytes) => new Uint8Array(sign(null, bytes, key)) };
}

const server = keyPair(1);
const adasKey = keyPair(2);

function proofOf(batch: UploadBatch, words: Partial<Certificate> = {}): AuthorProof {
  const { session = sessionId("s") } = words;
  const certificate = certify(server, board, {
    ...{ session, userId: ada, role: "writer", name: "", color: "", clients: [1], generation: 1, accessEpoch: 1 },
    ...{ key: adasKey.publicKey, issuedAtMs: 1, expiresAtMs: 2 },
    ...words,
  });
  const signed = {
    session,
    counter: 5,
    seqFrom: 2,
    seqTo: 2,
    update: batch.update,
    awarenessHash: sha256(new Uint8Array(0)),
  };
  const signature = adasKey.sign(batchSigningBytes({ document: board, generation: 1 }, signed));
  const { update: _, ...rest } = signed;
  return { certificate, ...rest, signature };
}

/** Ada, client 1, has uploaded "hello"; her next edit reached only Eve. */
describe("adoption in signed mode", () => {
  let it: LogUnderTest;
  let log: DocumentLog;
  let lost: UploadBatch;
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
    log = new DocumentLog(board, { ...it.ports, signer: server, identity: "signed" });
    const author = new Author("s", 1).type("hello");
    expect((await log.append(author.upload(), ada, 1)).outcome).toBe("receipt");
    lost = { ...author.type(" there").upload(), session: sessionId("eve"), upload: 1, seqTo: 0, adoption: true };
    it.clock.advance(logLimits.silentMs + 1);
  });

  test("DU8 with the author's signature it is stored as the author's", async () => {
    expect((await log.append({ ...lost, proof: proofOf(lost) }, eve, 1)).outcome).toBe("receipt");
    const folded = new Y.Doc();
    Y.applyUpdateV2(folded, (await log.fold()).payload);
    expect(folded.getText("t").toString()).toBe("hello there");
  });

  test("DU12 a signed batch that repeats what its own session wrote is no overlap, whoever brings it", async () => {
    const author = new Author("s", 1).type("hello").type(" there");
    const first = { ...lost, update: Y.encodeStateAsUpdate(author.doc) };
    expect((await log.append({ ...first, proof: proofOf(first) }, eve, 1)).outcome).toBe("receipt");
    const second = { ...first, upload: 2, update: Y.encodeStateAsUpdate(author.type("!").doc) };
    expect((await log.append({ ...second, proof: proofOf(second) }, eve, 1)).outcome).toBe("receipt");
  });

  test("DU12 a signed batch that begins below what the log has is compared: the same is stored, a twin's other words are not", async () => {
    const author = new Author("s", 1).type("hello").type(" there");
    const first = { ...lost, update: Y.encodeStateAsUpdate(author.doc) };
    expect((await log.append({ ...first, proof: proofOf(first) }, eve, 1)).outcome).toBe("receipt");
    // A server that has started anew knows who uploaded what, and not whose batch it was.
    const restarted = new DocumentLog(board, { ...it.ports, signer: server, identity: "signed" });
    const other = new Author("twin", 1).type("hello").type(" where?");
    const twin = { ...first, upload: 2, update: Y.encodeStateAsUpdate(other.doc) };
    const twins = { ...twin, proof: proofOf(twin, { session: sessionId("twin") }) };
    expect((await restarted.append(twins, eve, 1)).outcome).toBe("overlap");
    const more = { ...first, upload: 3, update: Y.encodeStateAsUpdate(author.type("!").doc) };
    expect((await restarted.append({ ...more, proof: proofOf(more) }, eve, 1)).outcome).toBe("receipt");
    const folded = new Y.Doc();
    Y.applyUpdateV2(folded, (await log.fold()).payload);
    expect(folded.getText("t").toString()).toBe("hello there!");
  });

  test("DU8 two absent authors whose merged batches need each other come back: a part of one first", async () => {
    const [one, two] = [new Author("s", 1), new Author("two", 2)];
    one.type("hello").type(" there");
    Y.applyUpdate(two.doc, Y.encodeStateAsUpdate(one.doc));
    const theirs = { ...lost, update: Y.encodeStateAsUpdate(two.type(", you").doc, Y.encodeStateVector(one.doc)) };
    Y.applyUpdate(one.doc, Y.encodeStateAsUpdate(two.doc));
    const butTheirs = Y.encodeStateVector(new Map([[2, 99]]));
    const merged = { ...lost, update: Y.encodeStateAsUpdate(one.type(" two").doc, butTheirs) };
    const theirProof = proofOf(theirs, { session: sessionId("two"), clients: [2] });
    const bring = (batch: UploadBatch, upload: number) => log.append({ ...batch, upload }, eve, 1);

    expect((await bring({ ...theirs, proof: theirProof }, 1)).outcome).toBe("missing");
    const asked = { ...merged, proof: proofOf(merged) };
    const first = await bring(asked, 2);
    expect(first.outcome).toBe("receipt");
    expect(await bring(asked, 2)).toMatchObject({ outcome: "receipt", repeated: true });
    expect((await bring({ ...theirs, proof: theirProof }, 3)).outcome).toBe("receipt");
    expect((await bring(asked, 4)).outcome).toBe("receipt");
    const folded = new Y.Doc();
    Y.applyUpdateV2(folded, (await log.fold()).payload);
    expect(folded.getText("t").toString()).toBe("hello there, you two");
  });

  test("DU8 without it, it is refused, however long the author is silent", async () => {
    expect((await log.append(lost, eve, 1)).outcome).toBe("foreign-client");
  });

  test("DU8 a proof of other bytes, another document, a reader or another signer does not hold", async () => {
    const proof = proofOf(lost);
    const bad: readonly AuthorProof[] = [
      { ...proof, seqTo: 3 },
      { ...proof, counter: 6 },
      { ...proof, signature: proof.signature.toReversed() },
      { ...proof, session: sessionId("eve") },
      { ...proof, certificate: proof.certificate.slice(1) },
      proofOf(lost, { role: "reader" }),
      proofOf(lost, { generation: 2 }),
      proofOf(lost, { key: null }),
      proofOf(lost, { key: server.publicKey }),
    ];
    for (const each of bad) expect((await log.append({ ...lost, proof: each }, eve, 1)).outcome).toBe("proof-invalid");
    const other = new DocumentLog("other" as typeof board, { ...it.ports, signer: server, identity: "signed" });
    expect((await other.append({ ...lost, proof }, eve, 1)).outcome).toBe("proof-invalid");
  });

  test("DU12 structs where another session of the same user has written are refused until they were compared", async () => {
    const twin = { ...lost, session: sessionId("twin"), adoption: false };
    expect((await log.append(twin, ada, 1)).outcome).toBe("receipt");
    const again = { ...lost, session: sessionId("third"), adoption: false };
    expect((await log.append(again, ada, 1)).outcome).toBe("overlap");
  });

  test("ID11 a session is the user's who negotiated first", async () => {
    expect((await log.negotiate(eve, [], true, sessionId("new"))).sessionTaken).toBe(false);
    expect((await log.negotiate(ada, [], true, sessionId("new"))).sessionTaken).toBe(true);
    expect((await log.append({ ...lost, session: sessionId("new") }, ada, 1)).outcome).toBe("session-taken");
    // The log remembers what memory forgets.
    expect((await log.negotiate(eve, [], true, sessionId("s"))).sessionTaken).toBe(true);
  });
});
