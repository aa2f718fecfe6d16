import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { encodeUpload, type SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { type DocumentStore, StoreError } from "./core/index.ts";
import { type CollabServer, type CollabServerOptions, createCollabServer } from "./server.ts";
import { LevelStore } from "./storage/level.ts";
import { MemoryStore } from "./storage/memory.ts";

const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;";
const authorize = () => ({ userId: "ada", role: "writer" }) as const;
const quiet = () => undefined;

function update(text: string, client: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("t").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

describe("createCollabServer", () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function serve(storage: DocumentStore, options: Partial<CollabServerOptions> = {}) {
    const collab: CollabServer = createCollabServer({ connectionString, storage, authorize, log: quiet, ...options });
    const http: Server = createServer(express().use(collab.router));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    closers.push(() => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(resolve));
    });
    closers.push(() => collab.close());
    const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const upload = (number: number, text = "a") => {
      const bytes = {
        session: "AAAAAAAAAAAAAAAA" as SessionId,
        upload: number,
        seqTo: number,
        update: update(text, number),
      };
      return fetch(`${base}/log?document=d&generation=1`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: new Uint8Array(encodeUpload({ ...bytes, announce: false, adoption: false })),
      });
    };
    return { collab, upload, base };
  }

  test("refuses to start without authorize, connection string or storage, with the next step", () => {
    const storage = new MemoryStore();
    expect(() => createCollabServer({ connectionString, storage } as unknown as CollabServerOptions)).toThrow(
      /authorize/,
    );
    const rest = { storage, authorize };
    expect(() => createCollabServer({ ...rest, connectionString: undefined })).toThrow(/WEBPUBSUB_CONNECTION_STRING/);
    const lacking = { connectionString, authorize } as unknown as CollabServerOptions;
    expect(() => createCollabServer(lacking)).toThrow(/LevelStore/);
    const history = { keepMs: 30 };
    expect(() => createCollabServer({ connectionString, ...rest, history })).toThrow(
      /history\.keepMs must be .* 3600000/,
    );
  });

  test("DU3 no receipt while the append is not durable; close waits for it", async () => {
    let durable: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      durable = resolve;
    });
    let reached: () => void = () => undefined;
    const appending = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const storage = new MemoryStore();
    const append = storage.append.bind(storage);
    storage.append = async (...words) => {
      reached();
      await gate;
      return append(...words);
    };
    const { collab, upload } = await serve(storage);
    let answered = false;
    const receipt = upload(1).then((response) => {
      answered = true;
      return response;
    });
    await appending;
    const closing = collab.close();
    expect((await upload(2)).status).toBe(503);
    expect(answered).toBe(false);
    durable();
    expect((await receipt).status).toBe(200);
    await closing;
    await expect(collab.document("d").read(() => 1)).rejects.toMatchObject({ code: "closing" });
  });

  test.each([
    ["not-durable", 503, "store-failed"],
    ["unknown-outcome", 503, "store-failed"],
    ["corrupt", 503, "store-failed"],
    ["full", 507, "store-full"],
  ] as const)(
    "DU10 a store that says %s is answered %i, and serves again when it recovers",
    async (code, status, problem) => {
      const storage = new MemoryStore();
      const append = storage.append.bind(storage);
      storage.append = () => Promise.reject(new StoreError(code, "said the test"));
      const { upload, collab } = await serve(storage);
      const refused = await upload(1);
      expect([refused.status, (await refused.json()).code]).toEqual([status, problem]);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      storage.append = append;
      expect((await upload(1)).status).toBe(200);
      expect(collab.stats().counts).toMatchObject({ [`problems-${problem}`]: 1, "uploads-stored": 1 });
    },
  );

  test("DU10 a load error is an error, never an empty document", async () => {
    const storage = new MemoryStore();
    const { upload, base, collab } = await serve(storage);
    await upload(1);
    await collab.close();
    const load = storage.load.bind(storage);
    await storage.open();
    storage.load = () => Promise.reject(new StoreError("corrupt", "said the test"));
    const again = await serve(storage);
    for (const path of [
      "/log?document=d&generation=1&after=",
      `/head?document=d&generation=1&cursor=&digest=${"A".repeat(43)}`,
    ]) {
      expect((await fetch(again.base + path)).status).toBe(503);
    }
    expect((await again.upload(2)).status).toBe(503);
    await expect(again.collab.document("d").read(() => 1)).rejects.toMatchObject({ code: "corrupt" });
    storage.load = load;
    expect(await again.collab.document("d").read((doc) => doc.getText("t").toString())).toBe("a");
    expect((await fetch(`${base}/health`)).status).toBe(503);
  });

  test("a store that cannot be opened is tried again by the next request", async () => {
    const storage = new MemoryStore();
    const open = storage.open.bind(storage);
    storage.open = () => Promise.reject(new StoreError("closed", "locked by another process"));
    const { collab, upload } = await serve(storage);
    await expect(collab.ready()).rejects.toThrow("locked");
    expect(await (await upload(1)).json()).toMatchObject({ code: "store-failed" });
    storage.open = open;
    expect((await upload(1)).status).toBe(200);
  });

  test("DU3 what had a receipt is there after a restart on the same directory, and the receipt comes again", async () => {
    const path = await mkdtemp(join(tmpdir(), "y-webpubsub-server-"));
    closers.push(() => rm(path, { recursive: true }));
    const before = await serve(new LevelStore({ path }));
    const receipts = [];
    for (const [number, text] of ["one", "two", "three"].entries()) {
      receipts.push(await (await before.upload(number + 1, text)).json());
    }
    const read = (doc: Y.Doc) => doc.getText("t").toString();
    const words = await before.collab.document("d").read(read);
    await before.collab.close();
    const after = await serve(new LevelStore({ path }));
    expect(await after.collab.document("d").read(read)).toBe(words);
    expect(words).toHaveLength("onetwothree".length);
    expect(await (await after.upload(3, "three")).json()).toEqual(receipts[2]);
    expect((await after.upload(3, "other")).status).toBe(409);
  });

  test("document().read answers the stored document; its copy goes nowhere", async () => {
    const { collab, upload } = await serve(new MemoryStore());
    await upload(1, "hello");
    const words = await collab.document("d").read((doc) => {
      const text = doc.getText("t").toString();
      doc.getText("t").insert(0, "lost ");
      return text;
    });
    expect(words).toBe("hello");
    expect(await collab.document("d").read((doc) => doc.getText("t").toString())).toBe("hello");
    expect(await collab.document("never written").read((doc) => doc.share.size)).toBe(0);
    expect(() => collab.document("")).toThrow(/1 to 256/);
  });
});
