import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Awareness } from "y-protocols/awareness";
import { ProviderError, WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { Meeting } from "../support/meeting.ts";

describe("the provider with the real service, the real server and a store on disk", () => {
  const meeting = new Meeting();
  beforeEach(() => meeting.begin());
  afterEach(() => meeting.end());

  test("SY3 an empty document, alone: connected, synced, saved", async () => {
    const ada = meeting.join("ada");
    expect([ada.provider.status, ada.provider.synced, ada.provider.saveState]).toEqual([
      "connecting",
      false,
      "unknown",
    ]);
    const told: string[] = [];
    ada.provider.on("status", ({ status }) => told.push(status));
    ada.provider.on("sync", (synced) => told.push(`sync ${synced}`));
    await ada.provider.whenSynced;
    await ada.provider.whenSaved();
    expect(told).toEqual(["connected", "sync true"]);
    expect(ada.provider).toMatchObject({ role: "writer", userId: "ada", link: "live", unsyncedChanges: 0 });
  });

  test("SY5 edits of two reach each other at once, and remote ones carry the provider as origin", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    const origins: unknown[] = [];
    bob.doc.on("update", (_update: Uint8Array, origin: unknown) => origins.push(origin));
    ada.type("hello");
    await bob.reads("hello");
    expect(origins).toEqual([bob.provider]);
    bob.type(" world");
    await ada.reads("hello world");
  });

  test("DU3 DU4 an edit is saved by a receipt, and there for who comes when all have left", async () => {
    const ada = meeting.join("ada");
    await ada.synced();
    const saved: string[] = [];
    ada.provider.on("saved", ({ cursor }) => saved.push(cursor));
    ada.type("kept");
    expect(ada.provider.unsyncedChanges).toBe(1);
    expect(ada.provider.saveState).toBe("saving");
    await ada.provider.whenSaved();
    expect(saved).toHaveLength(1);
    expect(saved[0]).not.toBe("");
    expect(ada.provider.unsyncedChanges).toBe(0);
    ada.provider.destroy();

    await meeting.collab.stopServer();
    await meeting.collab.startServer();
    const bob = meeting.join("bob");
    await bob.synced();
    expect(bob.text.toString()).toBe("kept");
  });

  test("DU6 what the document held before the provider came is saved and reaches the others", async () => {
    const doc = new Y.Doc();
    doc.getText("text").insert(0, "from before");
    const bob = meeting.join("bob");
    await bob.synced();
    const early = new WebPubSubProvider(meeting.collab.url, "board", doc, { headers: { "x-user": "ada" } });
    try {
      await early.whenSaved();
      await bob.reads("from before");
    } finally {
      early.destroy();
    }
  });

  test("PR1 PR3 presence comes with the others and goes when they leave", async () => {
    const ada = meeting.join("ada");
    ada.provider.awareness.setLocalState({ user: { name: "Ada" } });
    const bob = meeting.join("bob");
    bob.provider.awareness.setLocalState({ user: { name: "Bob" } });
    await Promise.all([ada.sees([{ user: { name: "Bob" } }]), bob.sees([{ user: { name: "Ada" } }])]);
    ada.provider.awareness.setLocalStateField("cursor", { anchor: 3 });
    await bob.sees([{ user: { name: "Ada" }, cursor: { anchor: 3 } }]);
    ada.provider.destroy();
    await bob.sees([]);
  });

  test("PR5 a broadcast reaches the others with its sender, and nothing of it is stored", async () => {
    const ada = meeting.join("ada");
    const bob = meeting.join("bob");
    await Promise.all([ada.synced(), bob.synced()]);
    // Presence of the other proves that the room is known not to be empty.
    bob.provider.awareness.setLocalState({ here: true });
    await ada.sees([{ here: true }]);
    const heard = new Promise<unknown>((resolve) => bob.provider.on("broadcast", resolve));
    expect(ada.provider.broadcast(Uint8Array.of(1, 2, 3))).toBe("sent");
    expect(await heard).toEqual({ from: ada.provider.session, userId: "ada", bytes: Uint8Array.of(1, 2, 3) });
    expect(ada.provider.broadcast(new Uint8Array(16 * 1024 + 1))).toBe("too-large");
    expect(ada.provider.unsyncedChanges).toBe(0);
  });

  test("a reader reads and is seen, but what it types is neither saved nor spread", async () => {
    const ada = meeting.join("ada");
    const reader = meeting.join("rita", { role: "reader" });
    await Promise.all([ada.synced(), reader.synced()]);
    expect(reader.provider.role).toBe("reader");
    reader.provider.awareness.setLocalState({ user: "Rita" });
    await ada.sees([{ user: "Rita" }]);
    reader.type("graffiti");
    await reader.until("save-state", () => reader.provider.saveState === "at-risk");
    ada.type("law");
    await ada.provider.whenSaved();
    const carol = meeting.join("carol");
    await carol.synced();
    expect(carol.text.toString()).toBe("law");
    expect(ada.text.toString()).toBe("law");
  });

  test("CN4 somebody the server does not know is refused, with an error that says so, until connect()", async () => {
    let user: Record<string, string> = {};
    const doc = new Y.Doc();
    const stranger = new WebPubSubProvider(meeting.collab.url, "board", doc, { headers: () => user, connect: false });
    try {
      expect([stranger.shouldConnect, stranger.status]).toEqual([false, "disconnected"]);
      const refusal = new Promise<ProviderError>((resolve) => stranger.on("connection-error", resolve));
      stranger.connect();
      expect(await refusal).toMatchObject({ name: "ProviderError", code: "connection" });
      expect((await refusal).message).not.toBe("");
      expect(stranger.status).toBe("refused");
      user = { "x-user": "ada" };
      stranger.connect();
      await stranger.whenSynced;
      expect(stranger.status).toBe("connected");
    } finally {
      stranger.destroy();
    }
  });

  test("arguments that cannot work are refused at once, with the next step", () => {
    const make = (url: string, id: string) => () => new WebPubSubProvider(url, id, new Y.Doc(), { connect: false });
    const cases: readonly (readonly [() => unknown, string])[] = [
      [make(meeting.collab.url, ""), "bad-document-id"],
      [make(meeting.collab.url, "a\u0000b"), "bad-document-id"],
      [make(meeting.collab.url, "\ud800"), "bad-document-id"],
      [make(meeting.collab.url, "x".repeat(257)), "bad-document-id"],
      [make("collab", "board"), "bad-server-url"],
      [make("ftp://example.com", "board"), "bad-server-url"],
    ];
    for (const [attempt, code] of cases) {
      expect(attempt).toThrow(ProviderError);
      expect(attempt).toThrow(expect.objectContaining({ code, message: expect.stringMatching(/\. \S|e\.g\./) }));
    }
  });

  test("documents are told apart by any id that is allowed", async () => {
    const odd = "Küche / 1?&#%🦊";
    const ada = meeting.join("ada", {}, odd);
    const bob = meeting.join("bob", {}, odd.normalize("NFD"));
    const other = meeting.join("carol", {}, "Küche");
    await Promise.all([ada.synced(), bob.synced(), other.synced()]);
    ada.type("here");
    await bob.reads("here");
    expect(other.text.toString()).toBe("");
  });

  test("StrictMode: a provider destroyed right after it was made leaves nothing, and its successor works", async () => {
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    const headers = { "x-user": "ada" };
    const first = new WebPubSubProvider(meeting.collab.url, "board", doc, { awareness, headers });
    const waiting = expect(first.whenSynced).rejects.toMatchObject({ code: "destroyed" });
    first.destroy();
    first.destroy();
    await waiting;
    await expect(first.whenSaved()).rejects.toMatchObject({ code: "destroyed" });
    const second = new WebPubSubProvider(meeting.collab.url, "board", doc, { awareness, headers });
    try {
      await second.whenSynced;
      awareness.setLocalState({ still: "mine" });
      expect(awareness.getLocalState()).toEqual({ still: "mine" });
      const sessions = [...meeting.collab.service.hub("collab").connections.values()].map(
        ({ identity }) => identity.userId,
      );
      expect(sessions).toEqual([`${second.session}.ada`]);
    } finally {
      second.destroy();
      awareness.destroy();
    }
  });

  test.each(["at once", "synced"])(
    "a provider destroyed (%s) leaves nothing that keeps its process alive",
    async (when) => {
      const flags = ["--conditions=y-webpubsub-source", "--import", "tsx"];
      const leaver = spawn(process.execPath, [...flags, "test/support/leaver.ts", meeting.collab.url, when], {
        cwd: resolve(import.meta.dirname, "../.."),
        stdio: "inherit",
      });
      expect(await new Promise((done) => leaver.once("exit", done))).toBe(0);
      if (when === "synced") {
        const bob = meeting.join("bob", {}, "leaving");
        await bob.synced();
        expect(bob.text.toString()).toBe("last words");
      }
    },
  );

  test("Lexical's way: connect, disconnect and connect again; sync is told each time", async () => {
    const ada = meeting.join("ada", { connect: false });
    const told: string[] = [];
    ada.provider.on("status", ({ status }) => told.push(status));
    ada.provider.on("sync", (synced) => told.push(`sync ${synced}`));
    ada.provider.connect();
    await ada.synced();
    ada.provider.disconnect();
    ada.type("offline");
    expect(ada.provider.shouldConnect).toBe(false);
    ada.provider.connect();
    await ada.synced();
    await ada.provider.whenSaved();
    expect(told).toEqual([
      ...["connecting", "connected", "sync true"],
      ...["disconnected", "sync false"],
      ...["connecting", "connected", "sync true"],
    ]);
  });
});
