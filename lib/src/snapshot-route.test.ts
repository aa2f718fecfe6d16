import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import express from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Coverage,
  type Cursor,
  type DocumentId,
  decodeSnapshot,
  digestOf,
  type SessionId,
  sha256,
  type UserId,
} from "y-webpubsub/core";
import * as Y from "yjs";
import { createCollabServer } from "./server.ts";
import { MemoryStore } from "./storage/memory.ts";

const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;";
const board = "board" as DocumentId;

/** A board with a snapshot of a long text. */
async function boardWithSnapshot(storage: MemoryStore): Promise<{ readonly doc: Y.Doc; readonly head: Cursor }> {
  const doc = new Y.Doc();
  for (let line = 0; line < 300; line++) doc.getText("t").insert(0, `line ${line} of a long text, `);
  doc.getText("t").delete(0, 50);
  const update = Y.encodeStateAsUpdate(doc);
  const words = { session: "AAAAAAAAAAAAAAAA" as SessionId, userId: "ada" as UserId, upload: 1, seqTo: 1, atMs: 0 };
  await storage.append(board, 1, { ...words, hash: sha256(update), owners: [], update });
  const stored = await storage.load(board);
  if (!stored) throw new Error("nothing stored");
  const payload = Y.encodeStateAsUpdateV2(doc);
  const coverage = Coverage.fromSnapshot(Y.snapshot(doc)).encode();
  const snapshot = { cursor: stored.head, hash: sha256(payload), coverage, claims: [], sessions: [], payload };
  await storage.compact(board, null, snapshot, [stored.head]);
  return { doc, head: stored.head };
}

describe("GET snapshot", () => {
  let stop: () => Promise<unknown>;
  let base: string;
  let storage: MemoryStore;
  let doc: Y.Doc;
  let head: Cursor;
  beforeEach(async () => {
    storage = new MemoryStore();
    await storage.open();
    ({ doc, head } = await boardWithSnapshot(storage));
    const collab = createCollabServer({
      connectionString,
      storage,
      authorize: (request) => (request.get("x-user") ? { userId: "ada", role: "reader" } : null),
      log: () => undefined,
    });
    const http = createServer(express().use(collab.router));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    stop = async () => {
      await collab.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    };
  });
  afterEach(() => stop());

  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(base + path, { headers: { "x-user": "ada", ...headers } });
  async function ref(): Promise<string> {
    const answer = await ask(`/log?document=board&generation=1&after=`);
    expect(answer.status).toBe(410);
    const { code, snapshot } = await answer.json();
    expect(code).toBe("cursor-gone");
    return snapshot;
  }

  test.each([
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
    ["identity", (bytes: Uint8Array) => Buffer.from(bytes)],
  ])("DU11 comes in %s, and is the document of its digest", async (encoding, decompress) => {
    const path = `/snapshot?document=board&ref=${await ref()}`;
    const raw = await rawGet(base + path, { "x-user": "ada", "accept-encoding": encoding });
    expect([raw.encoding, raw.cacheControl]).toEqual([
      encoding === "identity" ? undefined : encoding,
      "private, no-cache",
    ]);
    if (encoding !== "identity") expect(raw.body.length).toBeLessThan(decompress(raw.body).length / 2);
    const body = decodeSnapshot(new Uint8Array(decompress(raw.body)));
    if (!body.ok) throw new Error(body.problem);
    expect([body.value.generation, body.value.cursor]).toEqual([1, head]);
    const copy = new Y.Doc();
    Y.applyUpdateV2(copy, body.value.payload);
    expect([...digestOf(copy)]).toEqual([...digestOf(doc)]);
  });

  test("a snapshot and a cursor of another document are nothing here, also when they are cached", async () => {
    const snapshot = await ref();
    expect((await ask(`/snapshot?document=board&ref=${encodeURIComponent(snapshot)}`)).status).toBe(200);
    const foreign = await ask(`/snapshot?document=other&ref=${encodeURIComponent(snapshot)}`);
    expect([foreign.status, (await foreign.json()).code]).toEqual([404, "snapshot-gone"]);
    const log = await ask(`/log?document=other&generation=1&after=${encodeURIComponent(head)}`);
    expect([log.status, (await log.json()).code]).toEqual([410, "cursor-gone"]);
  });

  test("is authorised on each request, and not sent again to who has it", async () => {
    const path = `/snapshot?document=board&ref=${await ref()}`;
    const first = await ask(path);
    const tag = first.headers.get("etag") ?? "";
    await first.arrayBuffer();
    expect((await ask(path, { "if-none-match": tag, "cache-control": "max-age=0" })).status).toBe(304);
    expect((await fetch(base + path, { headers: { "if-none-match": tag } })).status).toBe(403);
    expect((await ask(path.replace("document=board", "document=other"))).status).toBe(404);
  });

  test("the ticket names it, and the log goes on after it", async () => {
    const answer = await ask(`/log?document=board&generation=1&after=${head}`);
    expect(answer.status).toBe(200);
    const card = { protocol: 1, document: "board", session: "BBBBBBBBBBBBBBBB", clientIds: [] };
    const headers = { "x-user": "ada", "content-type": "application/json" };
    const ticket = await fetch(`${base}/negotiate`, { method: "POST", headers, body: JSON.stringify(card) });
    expect(await ticket.json()).toMatchObject({ snapshot: await ref(), head, role: "reader" });
  });
});

/** `fetch` decompresses by itself; this does not. */
function rawGet(url: string, headers: Record<string, string>) {
  return new Promise<{ body: Buffer; encoding: string | undefined; cacheControl: string | undefined }>(
    (resolve, reject) => {
      get(url, { headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          const { "content-encoding": encoding, "cache-control": cacheControl } = response.headers;
          resolve({ body: Buffer.concat(parts), encoding, cacheControl });
        });
      }).on("error", reject);
    },
  );
}
