import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { groups } from "./testing/fake-service.ts";
import { World } from "./testing/world.ts";

const signature = new Uint8Array(64).fill(1);

describe("reload", () => {
  test("CN4 another generation: everything stops, a fresh document is handed over", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "old");
    await world.clock.pass(2_000);
    world.server.generation = 2;
    world.server.entries.length = 0;
    anna.text.insert(0, "very ");
    await world.clock.pass(2_000);
    const [reload] = World.events(anna, "reload");
    expect(reload).toMatchObject({ reason: "generation-changed" });
    expect(reload?.doc.getText("t").toString()).toBe("");
    expect(anna.text.toString()).toBe("very old");
    expect(anna.replica.status).toBe("refused");
    expect(anna.events).toContainEqual({ type: "status", status: "refused", reason: "generation-changed" });
    expect(world.clock.pending).toBe(0);
    anna.replica.connect();
    await world.clock.pass(1_000);
    expect(world.clock.pending).toBe(0);
  });

  test("DU5 what is typed into a document while it is replaced is told as at risk, never as saved", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "old");
    await world.clock.pass(3_000);
    expect(anna.replica.saveState).toBe("saved");
    world.server.generation = 2;
    world.server.entries.length = 0;
    world.server.fails = (call) =>
      call === "negotiate" ? { kind: "unreachable", message: "down", retryAfterMs: null } : null;
    anna.replica.wake("focus");
    await world.clock.pass(1_000);
    expect(anna.replica.status).toBe("refused");
    anna.text.insert(0, "very ");
    expect(anna.replica.unsyncedChanges).toBe(1);
    expect(World.events(anna, "save-state").at(-1)?.state).toBe("at-risk");
    world.server.upAgain();
    await world.clock.pass(40_000);
    expect(World.events(anna, "reload")).toHaveLength(1);
    anna.text.insert(0, "too ");
    expect(anna.replica.unsyncedChanges).toBe(2);
    anna.replica.destroy();
    expect(world.clock.pending).toBe(0);
  });

  test("DU9 a signed reject of a session whose frames were applied reloads; of an unknown one it does not", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "good");
    await world.clock.pass(2_000);
    const hash = new Uint8Array(32);
    const envelope = { kind: "server", group: groups.data, generation: 1, accessEpoch: 1, signature } as const;
    world.inject({ ...envelope, counter: 1, notice: { type: "reject", session: bert.session, upload: 1, hash } }, null);
    await world.clock.pass(2_000);
    expect(World.events(anna, "reload")).toEqual([]);
    expect(World.events(bert, "reload").map(({ reason }) => reason)).toEqual(["update-rejected"]);
    world.inject({ ...envelope, counter: 2, notice: { type: "reject", session: bert.session, upload: 2, hash } }, null);
    bert.replica.destroy();
    await world.clock.pass(2_000);
    expect(World.events(bert, "reload")[0]?.doc.getText("t").toString()).toBe("good");
  });

  test("DU9 a document that throws is not used any more, and the server is asked until it answers", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const stop = (): void => {
      throw new Error("broken inside");
    };
    anna.text.insert(0, "saved");
    await world.clock.pass(3_000);
    bert.doc.on("afterTransactionCleanup", stop);
    world.server.down();
    anna.text.insert(0, "un");
    await world.clock.pass(10);
    expect(bert.replica.status).toBe("refused");
    expect(bert.events).toContainEqual({ type: "connection-error", code: "document-broken", message: "broken inside" });
    await world.clock.pass(3_000);
    world.server.upAgain();
    await world.clock.pass(40_000);
    expect(World.events(bert, "reload")[0]?.doc.getText("t").toString()).toContain("saved");
  });
});

describe("observers that throw", () => {
  test("DU9 an observer's throw is reported and breaks nothing: the document is whole", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const stop = (): void => {
      throw new Error("a binding's bug");
    };
    bert.text.observe(stop);
    anna.text.insert(0, "seen");
    await world.clock.pass(100);
    expect(bert.events).toContainEqual({
      type: "connection-error",
      code: "observer-threw",
      message: "a binding's bug",
    });
    anna.text.insert(0, "still ");
    await world.clock.pass(3_000);
    expect(bert.text.toString()).toBe("still seen");
    expect(bert.replica.status).toBe("connected");
    expect(world.converged()).toBe(true);
  });
});

describe("ends", () => {
  test("destroy leaves no timer, no listener and no event", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "x");
    for (const member of [anna, bert]) member.replica.destroy();
    await world.clock.pass(100);
    const count = anna.events.length;
    expect(world.clock.pending).toBe(0);
    anna.text.insert(0, "y");
    anna.awareness.setLocalStateField("name", "nobody");
    anna.replica.connect();
    anna.replica.wake("online");
    anna.replica.flush({ keepalive: true });
    anna.replica.destroy();
    await world.clock.pass(60_000);
    expect(world.clock.pending).toBe(0);
    expect(anna.events.length).toBe(count);
    expect(anna.doc.isDestroyed).toBe(false);
    expect(anna.events.filter(({ type }) => type === "status").at(-1)).toMatchObject({ status: "disconnected" });
  });

  test("destroy in the middle of negotiating, dialing, joining and reloading leaves nothing either", async () => {
    for (const ms of [0, 3, 11, 16, 20, 30]) {
      const world = new World();
      const anna = world.member("anna");
      anna.replica.connect();
      await world.clock.pass(ms);
      anna.replica.destroy();
      await world.clock.pass(1_000);
      expect(world.clock.pending).toBe(0);
      expect(world.service.links.every(({ phase }) => phase === "closed")).toBe(true);
    }
  });

  test("disconnect keeps edits, and connect uploads them", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.replica.disconnect();
    expect(anna.replica.status).toBe("disconnected");
    anna.text.insert(0, "offline");
    await world.clock.pass(60_000);
    expect(world.server.uploads).toEqual([]);
    expect(anna.replica.saveState).toBe("at-risk");
    expect(anna.replica.synced).toBe(false);
    anna.replica.connect();
    await world.clock.pass(2_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("offline");
  });

  test("acting inside an event is allowed: it happens afterwards", async () => {
    const world = new World();
    const anna = world.member("anna");
    const push = anna.events.push.bind(anna.events);
    anna.events.push = (...events) => {
      if (events.some((event) => event.type === "synced" && event.synced)) anna.replica.destroy();
      return push(...events);
    };
    anna.replica.connect();
    await world.clock.pass(5_000);
    expect(anna.replica.status).toBe("disconnected");
    expect(world.clock.pending).toBe(0);
  });

  test("the same seed gives the same frames", async () => {
    const run = async (): Promise<string> => {
      const world = new World(42);
      const [anna, bert] = await world.pair();
      for (let at = 0; at < 20; at++) {
        (at % 2 === 0 ? anna : bert).text.insert(0, `${at}`);
        await world.clock.pass(70);
      }
      await world.clock.pass(5_000);
      return world.service.sent.map(({ from, bytes }) => `${from} ${bytes.join()}`).join("\n");
    };
    expect(await run()).toBe(await run());
  });

  test("SY11 many replicas under loss converge, with nothing pending and all queues empty (seed 9)", async () => {
    const world = new World(9);
    const lose = { rate: 0.3 };
    let state = 9;
    const next = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
    world.service.loses = () => next() < lose.rate;
    const members = [
      await world.joined("a"),
      await world.joined("b"),
      await world.joined("c"),
      await world.joined("d"),
    ];
    for (let at = 0; at < 200; at++) {
      const { text } = members[Math.floor(next() * 4)] ?? { text: new Y.Text() };
      if (text.length > 5 && next() < 0.3) text.delete(Math.floor(next() * (text.length - 2)), 2);
      else text.insert(Math.floor(next() * text.length), `${at} `);
      await world.clock.pass(next() * 200);
    }
    lose.rate = 0;
    await world.clock.pass(60_000);
    expect(world.converged()).toBe(true);
    for (const { replica, doc } of members) {
      expect(replica.queues).toEqual({ buffered: 0, held: 0, unsavedBatches: 0, openGaps: 0 });
      expect(doc.store.pendingStructs).toBeNull();
      expect(doc.store.pendingDs).toBeNull();
      expect(replica.saveState).toBe("saved");
    }
  });
});
