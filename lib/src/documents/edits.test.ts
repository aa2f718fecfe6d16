import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Appended } from "../core/document-store.ts";
import { StoreError } from "../core/index.ts";
import { type CollabServer, createCollabServer } from "../server.ts";
import { MemoryStore } from "../storage/memory.ts";

/** Fails the appends that the test names, before or after they were stored. */
class FailingStore extends MemoryStore {
  appends = 0;
  fails: (number: number) => "before" | "after" | null = () => null;

  override async append(...args: Parameters<MemoryStore["append"]>): Promise<Appended> {
    this.appends += 1;
    const how = this.fails(this.appends);
    if (how === "before") throw new StoreError("not-durable", "as the test wants it");
    const done = await super.append(...args);
    if (how === "after") throw new StoreError("unknown-outcome", "as the test wants it");
    return done;
  }
}

describe("edits of the server's own", () => {
  let service: Server;
  let store: FailingStore;
  let collab: CollabServer;

  beforeEach(async () => {
    service = createServer((request, response) => request.resume().on("end", () => response.writeHead(202).end()));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    store = new FailingStore();
    collab = start();
  });
  afterEach(async () => {
    await collab.close();
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
  });

  function start(): CollabServer {
    const { port } = service.address() as AddressInfo;
    const key = "a-key-of-at-least-thirty-two-bytes-here";
    const connectionString = `Endpoint=http://127.0.0.1:${port};AccessKey=${key};Version=1.0;`;
    return createCollabServer({ connectionString, storage: store, authorize: () => null, log: () => undefined });
  }

  const text = () => collab.document("d").read((doc) => doc.getText("t").toString());
  const set = (words: string) =>
    collab.document("d").transact((doc) => {
      doc.getText("t").delete(0, doc.getText("t").length);
      doc.getText("t").insert(0, words);
    });

  test("SE2 restores at once write what was deleted only once", async () => {
    await set("the first text");
    const version = await collab.document("d").createVersion("First");
    await set("another");
    const at = { version: version.id };
    const restores = Array.from({ length: 4 }, () => collab.document("d").restore(at));
    expect((await Promise.all(restores)).filter((changed) => changed)).toHaveLength(1);
    expect(await text()).toBe("the first text");
  });

  test("SE2 a restore with a key is done once, also by another server of the store", async () => {
    await set("the first text");
    const version = await collab.document("d").createVersion("First");
    await set("another");
    const at = { version: version.id };
    expect(await collab.document("d").restore(at, { idempotencyKey: "k" })).toBe(true);
    await set("later work");
    await collab.close();
    collab = start();
    await collab.document("d").restore(at, { idempotencyKey: "k" });
    expect(await text()).toBe("later work");
  });

  test.each(["before", "after"] as const)(
    "SE2 a restore in parts that fails %s one is stored goes on when it is repeated",
    async (when) => {
      const long = "many words ".repeat(300_000);
      await set(long);
      const { id } = await collab.document("d").createVersion("Long");
      await set("short");
      const begun = store.appends;
      store.fails = (number) => (number === begun + 2 ? when : null);
      const restore = () => collab.document("d").restore({ version: id }, { idempotencyKey: "k" });
      await expect(restore()).rejects.toMatchObject({ name: "StoreError" });
      expect(await text()).not.toBe(long);
      store.fails = () => null;
      expect(await restore()).toBe(true);
      expect((await text()) === long).toBe(true);
      const appends = store.appends;
      await restore();
      expect(store.appends).toBe(appends);
    },
  );

  test("SE2 an expected head that was left is refused, and nothing is written", async () => {
    await set("one");
    const { id, cursor } = await collab.document("d").createVersion("One");
    await set("two");
    const late = collab.document("d").restore({ version: id }, { ifHead: cursor });
    await expect(late).rejects.toMatchObject({ code: "head-changed" });
    expect(await text()).toBe("two");
  });

  test("SE5 after a write of unknown outcome the next edit is made under another client id", async () => {
    await set("one");
    store.fails = (number) => (number === store.appends ? "after" : null);
    await expect(set("two")).rejects.toMatchObject({ code: "unknown-outcome" });
    store.fails = () => null;
    expect(await text()).toBe("two");
    await set("three");
    expect(await text()).toBe("three");
    expect(await collab.document("d").read((doc) => doc.store.clients.size)).toBe(2);
  });

  test("SE4 two deletions at once are one, and a version of the last life is gone with it", async () => {
    await set("one");
    const { id } = await collab.document("d").createVersion("One");
    const outcomes = await Promise.allSettled([collab.document("d").delete(), collab.document("d").delete()]);
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    expect(await text()).toBe("");
    await expect(collab.document("d").preview({ version: id })).rejects.toMatchObject({ code: "version-not-found" });
  });
});
