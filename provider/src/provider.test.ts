import { afterEach, describe, expect, test, vi } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Cursor, SessionId, UserId } from "./core/ports.ts";
import type { ReplicaEvent, ReplicaOptions } from "./core/replica-contract.ts";
import type { WebPubSubProviderOptions } from "./options.ts";
import { WebPubSubProvider } from "./provider.ts";

/** Stands in for the core: records what the provider asks of it, and tells what the test wants told. */
class FakeReplica {
  readonly asked: string[] = [];
  readonly options: ReplicaOptions;
  synced = false;
  status = "disconnected";
  saveState = "unknown";
  unsyncedChanges = 0;
  told: ReplicaOptions["told"];
  constructor(options: ReplicaOptions) {
    this.options = options;
    replicas.push(this);
  }
  connect(): void {
    this.asked.push("connect");
  }
  disconnect(): void {
    this.asked.push("disconnect");
  }
  destroy(): void {
    this.asked.push("destroy");
  }
  tell(event: ReplicaEvent): void {
    this.options.emit(event);
  }
}

const { replicas } = vi.hoisted(() => ({ replicas: [] as FakeReplica[] }));
vi.mock("./core/replica.ts", () => ({
  Replica: function Replica(options: ReplicaOptions) {
    return new FakeReplica(options);
  },
}));

const made: WebPubSubProvider[] = [];
afterEach(() => {
  for (const provider of made.splice(0)) provider.destroy();
  replicas.length = 0;
});

function make(options: WebPubSubProviderOptions = {}, doc = new Y.Doc()) {
  const provider = new WebPubSubProvider("http://127.0.0.1:1/collab", "board", doc, options);
  made.push(provider);
  return { provider, doc, replica: latest() };
}

function latest(): FakeReplica {
  const replica = replicas.at(-1);
  if (replica === undefined) throw new Error("no replica was made");
  return replica;
}

describe("the provider over its core", () => {
  test("connects on construction unless told not to, and applies with itself as origin", () => {
    expect(make().replica.asked).toEqual(["connect"]);
    const { provider, replica } = make({ connect: false });
    expect(replica.asked).toEqual([]);
    expect(provider.shouldConnect).toBe(false);
    expect(replica.options.origin).toBe(provider);
    provider.connect();
    provider.disconnect();
    expect(replica.asked).toEqual(["connect", "disconnect"]);
  });

  test("tells what the core tells, under the names people know", () => {
    const { provider, replica } = make();
    const told: unknown[] = [];
    for (const name of ["status", "sync", "synced", "saved", "unsynced-changes", "save-state"] as const) {
      provider.on(name, (value: unknown) => told.push([name, value]));
    }
    for (const name of ["link", "role", "broadcast"] as const) {
      provider.on(name, (value: unknown) => told.push([name, value]));
    }
    provider.on("connection-close", (event, from) => told.push(["connection-close", event, from === provider]));
    provider.on("connection-error", (error, from) =>
      told.push([error.code, error.detail, error.message, from === provider]),
    );
    replica.tell({ type: "status", status: "connected", reason: null });
    replica.tell({ type: "synced", synced: true });
    replica.tell({ type: "saved", cursor: "c" as Cursor });
    replica.tell({ type: "unsynced-changes", count: 2 });
    replica.tell({ type: "save-state", state: "saving" });
    replica.tell({ type: "link", link: "live" });
    replica.tell({ type: "role", role: "reader" });
    const from = { session: "s" as SessionId, userId: "u" as UserId };
    replica.tell({ type: "broadcast", from, bytes: Uint8Array.of(1) });
    replica.tell({ type: "connection-error", code: "no-user", message: "Log in." });
    replica.tell({ type: "status", status: "disconnected", reason: "cut" });
    expect(told).toEqual([
      ["status", { status: "connected" }],
      ["synced", true],
      ["sync", true],
      ["saved", { cursor: "c" }],
      ["unsynced-changes", 2],
      ["save-state", "saving"],
      ["link", "live"],
      ["role", "reader"],
      ["broadcast", { from: "s", userId: "u", bytes: Uint8Array.of(1) }],
      ["connection", "no-user", "Log in.", true],
      ["status", { status: "disconnected" }],
      ["connection-close", { reason: "cut" }, true],
    ]);
  });

  test("update is told for remote edits only", () => {
    const { provider, doc } = make();
    const told: unknown[] = [];
    provider.on("update", (update) => told.push(update));
    doc.getMap("m").set("mine", 1);
    expect(told).toEqual([]);
    doc.transact(() => doc.getMap("m").set("theirs", 1), provider);
    expect(told).toHaveLength(1);
  });

  test("DU9 reload goes on with the new document in a new session, and presence moves along", () => {
    const { provider, doc, replica } = make();
    provider.awareness.setLocalState({ name: "Ada" });
    const before = { session: provider.session, client: doc.clientID };
    const fresh = new Y.Doc();
    const told: unknown[] = [];
    provider.on("reload", (next, reason) => told.push(next, provider.doc, reason));
    replica.tell({ type: "reload", doc: fresh, reason: "update-rejected" });
    expect(told).toEqual([fresh, fresh, "update-rejected"]);
    expect(replica.asked).toEqual(["connect", "destroy"]);
    expect(latest().asked).toEqual(["connect"]);
    expect(latest().options.doc).toBe(fresh);
    expect(provider.session).not.toBe(before.session);
    expect(latest().options.session).toBe(provider.session);
    expect(provider.awareness.clientID).toBe(fresh.clientID);
    expect([...provider.awareness.getStates()]).toEqual([[fresh.clientID, { name: "Ada" }]]);
    // The old document is left alone, and no longer listened to.
    expect(doc.isDestroyed).toBe(false);
    const updates: unknown[] = [];
    provider.on("update", (update) => updates.push(update));
    doc.transact(() => doc.getMap("m").set("k", 1), provider);
    expect(updates).toEqual([]);
  });

  test("DU9 a reload that leaves unsaved edits behind is no save, and what was told before is not told again", async () => {
    const { provider, replica } = make();
    const saved = provider.whenSaved();
    replica.unsyncedChanges = 2;
    replica.told = {
      status: "refused",
      reason: "update-rejected",
      link: "offline",
      synced: false,
      unsyncedChanges: 2,
      saveState: "at-risk",
      role: "writer",
    };
    replica.tell({ type: "reload", doc: new Y.Doc(), reason: "update-rejected" });
    await expect(saved).rejects.toMatchObject({ code: "reloaded" });
    expect(latest().options.told).toBe(replica.told);
  });

  test("a reload of a provider that was told to stay away does not connect it", () => {
    const { replica } = make({ connect: false });
    replica.tell({ type: "reload", doc: new Y.Doc(), reason: "generation-changed" });
    expect(latest().asked).toEqual([]);
  });

  test("a listener that throws does not break the core's turn", async () => {
    const { provider, replica } = make();
    const uncaught = new Promise((resolve) => {
      const others = process.rawListeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const listener of others) process.on("uncaughtException", listener as NodeJS.UncaughtExceptionListener);
        resolve(error);
      });
    });
    provider.on("status", () => {
      throw new Error("the listener's own");
    });
    expect(() => replica.tell({ type: "status", status: "connecting", reason: null })).not.toThrow();
    expect(await uncaught).toMatchObject({ message: "the listener's own" });
  });

  test("DU5 whenSynced and whenSaved resolve when it is so, and reject when it will never be", async () => {
    const { provider, replica } = make();
    const saved = provider.whenSaved();
    replica.tell({ type: "synced", synced: true });
    await provider.whenSynced;
    replica.tell({ type: "save-state", state: "saved" });
    await saved;

    const other = make();
    const never = [other.provider.whenSynced, other.provider.whenSaved()];
    other.provider.destroy();
    for (const promise of never) await expect(promise).rejects.toMatchObject({ code: "destroyed" });
    await expect(other.provider.whenSaved()).rejects.toMatchObject({ code: "destroyed" });
  });

  test("destroy ends the core once, keeps the document and a given awareness, and destroys an own one", () => {
    const doc = new Y.Doc();
    const given = new Awareness(doc);
    const kept: string[] = [];
    given.on("destroy", () => kept.push("destroyed"));
    const { provider, replica } = make({ awareness: given }, doc);
    expect(provider.awareness).toBe(given);
    provider.destroy();
    provider.destroy();
    provider.connect();
    expect(replica.asked).toEqual(["connect", "destroy"]);
    expect(kept).toEqual([]);
    expect(doc.isDestroyed).toBe(false);
    given.destroy();

    const own = make().provider;
    own.awareness.on("destroy", () => kept.push("destroyed"));
    own.destroy();
    expect(kept).toEqual(["destroyed", "destroyed"]);
  });

  test("fits what Lexical and TipTap's caret take", () => {
    const { provider } = make();
    interface LexicalProvider {
      readonly awareness: {
        getLocalState(): object | null;
        getStates(): Map<number, object>;
        setLocalStateField(field: string, value: unknown): void;
        on(type: "update", listener: () => void): void;
        off(type: "update", listener: () => void): void;
      };
      connect(): void | Promise<void>;
      disconnect(): void;
      on(type: "sync", listener: (synced: boolean) => void): void;
      on(type: "status", listener: (event: { status: string }) => void): void;
      on(type: "update", listener: (update: unknown) => void): void;
      on(type: "reload", listener: (doc: Y.Doc) => void): void;
      off(type: "sync", listener: (synced: boolean) => void): void;
    }
    const lexical: LexicalProvider = provider;
    expect(lexical.awareness.getStates()).toBe(provider.awareness.states);
    expect(provider.awareness).toBeInstanceOf(Awareness);
  });
});
