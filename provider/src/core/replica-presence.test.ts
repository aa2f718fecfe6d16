import { describe, expect, test } from "vitest";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Cursor, SessionId, UserId } from "./ports.ts";
import { groups } from "./testing/fake-service.ts";
import { nameSeenBy, World } from "./testing/world.ts";
import { encodeEntries } from "./validate-awareness.ts";

describe("presence", () => {
  test("PR2 a change leaves in its own window, and rides in an edit frame", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(10);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
    world.service.sent.length = 0;
    anna.awareness.setLocalStateField("name", "Ann");
    anna.text.insert(0, "x");
    await world.clock.pass(10);
    expect(nameSeenBy(bert, anna)).toBe("Ann");
    await world.clock.pass(500);
    expect(world.service.sent.map(({ frame }) => frame.kind)).toEqual(["edit"]);
  });

  test("SY4 members introduce themselves to a newcomer", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    bert.awareness.setLocalStateField("name", "Bert");
    await world.clock.pass(3_000);
    const carl = await world.joined("carl");
    expect([nameSeenBy(carl, anna), nameSeenBy(carl, bert)]).toEqual(["Anna", "Bert"]);
  });

  test("PR1 a silent member renews each minute, and one without a sign of life is removed", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(600_000);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
    const link = world.service.links.find(({ name }) => name === anna.sender);
    if (link !== undefined) link.phase = "closed";
    world.service.loses = ({ from }) => from === anna.sender;
    await world.clock.pass(140_000);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
    await world.clock.pass(30_000);
    expect(nameSeenBy(bert, anna)).toBeUndefined();
  });

  test("PR4 others are removed three seconds after the link was lost, not before", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    bert.awareness.setLocalStateField("name", "Bert");
    await world.clock.pass(100);
    world.service.cut();
    await world.clock.pass(2_900);
    expect(nameSeenBy(anna, bert)).toBe("Bert");
    await world.clock.pass(200);
    expect(nameSeenBy(anna, bert)).toBeUndefined();
    expect(anna.awareness.getLocalState()).not.toBeNull();
  });

  test("ID6 nobody speaks for another user, or leaps with the clock", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    const forged = new Awareness(new Y.Doc());
    forged.clientID = anna.awareness.clientID;
    forged.meta.set(forged.clientID, { clock: 2 ** 21, lastUpdated: 0 });
    forged.setLocalState({ name: "Mallory" });
    const awareness = encodeAwarenessUpdate(forged, [forged.clientID]);
    const frame = { kind: "presence", session: bert.session, clientIds: [], awareness } as const;
    const carl = await world.joined("carl");
    world.inject(frame, bert.sender, groups.presence);
    await world.clock.pass(10);
    expect(carl.drops.count("foreign-presence")).toBe(1);
    world.inject({ ...frame, session: anna.session }, anna.sender, groups.presence);
    await world.clock.pass(10);
    expect(carl.drops.count("presence-clock-leap")).toBe(1);
    expect(nameSeenBy(carl, anna)).toBe("Anna");
    forged.destroy();
  });

  test("ID6 who has a client id that nobody is known to own is seen, and nobody else is under it", async () => {
    const world = new World();
    const orphan = new Y.Doc();
    orphan.getText("t").insert(0, "adopted");
    world.server.entries.push({
      ...{
        cursor: "e1-adopted" as Cursor,
        session: "gone" as SessionId,
        userId: "anna" as UserId,
        upload: 1,
        seqTo: 1,
      },
      ...{ owners: [], update: Y.encodeStateAsUpdate(orphan) },
    });
    const [anna, bert] = [await world.joined("anna"), await world.joined("bert")];
    const mallory = world.member("mallory");
    for (const { session, sender } of [anna, mallory]) {
      const awareness = encodeEntries([{ clientId: orphan.clientID, clock: 1, state: { name: sender } }]);
      world.inject({ kind: "presence", session, clientIds: [orphan.clientID], awareness }, sender, groups.presence);
      await world.clock.pass(10);
    }
    expect(bert.awareness.getStates().get(orphan.clientID)).toEqual({ name: anna.sender });
    expect(bert.drops.count("foreign-presence")).toBe(1);
  });

  test("DU12 a duplicated tab that keeps the client id is seen, though the original had counted further", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    for (const name of ["Anna", "Anne", "Ann"]) anna.awareness.setLocalStateField("name", name);
    await world.clock.pass(200);
    expect(nameSeenBy(bert, anna)).toBe("Ann");
    const twin = world.member("anna");
    const shown = new Awareness(new Y.Doc());
    shown.clientID = anna.awareness.clientID;
    shown.setLocalState({ name: "twin" });
    const awareness = encodeAwarenessUpdate(shown, [shown.clientID]);
    world.inject({ kind: "presence", session: twin.session, clientIds: [], awareness }, twin.sender, groups.presence);
    await world.clock.pass(10);
    expect(nameSeenBy(bert, anna)).toBe("twin");
    shown.destroy();
  });

  test("ID2 nobody speaks under a session that is another user's, however it was negotiated", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    const mallory = `${anna.session}.mallory`;
    world.inject({ kind: "bye", session: anna.session }, mallory, groups.presence);
    world.inject({ kind: "tail", session: anna.session, seq: 1_000 }, mallory, groups.data);
    await world.clock.pass(10);
    expect(bert.drops.count("foreign-session")).toBe(2);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
    expect(bert.replica.queues.openGaps).toBe(0);
  });

  test("PR1 an awareness listener that throws is reported and breaks nothing", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    bert.awareness.on("change", () => {
      throw new Error("a caret's bug");
    });
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
    expect(bert.events).toContainEqual({ type: "connection-error", code: "observer-threw", message: "a caret's bug" });
    bert.replica.destroy();
    expect(bert.awareness.getStates().has(anna.awareness.clientID)).toBe(false);
  });

  test("a state that is no JSON, or too large, is told once and throws nothing; the next one is shown", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const cyclic: Record<string, unknown> = { name: "Anna" };
    cyclic["self"] = cyclic;
    for (const state of [cyclic, { name: 1n }, { name: "x".repeat(200_000) }]) {
      anna.awareness.setLocalState(state);
      await world.clock.pass(1_000);
      await world.joined("carl");
      await world.clock.pass(3_000);
    }
    const errors = World.events(anna, "connection-error").map(({ code }) => code);
    expect(errors).toEqual(["presence-not-json", "presence-not-json", "presence-too-large"]);
    anna.awareness.setLocalState({ name: "Anna" });
    await world.clock.pass(1_000);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
  });

  test("PR5 a broadcast arrives once, is bounded, and needs a link", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    expect(anna.replica.broadcast(Uint8Array.of(1, 2))).toBe("sent");
    expect(anna.replica.broadcast(new Uint8Array(16 * 1024 + 1))).toBe("too-large");
    await world.clock.pass(10);
    const sent = world.service.sent.find(({ frame }) => frame.kind === "broadcast");
    if (sent === undefined) throw new Error("a broadcast was sent");
    world.service.inject(sent);
    await world.clock.pass(10);
    const from = { session: anna.session, userId: "anna" };
    expect(World.events(bert, "broadcast")).toEqual([{ type: "broadcast", from, bytes: Uint8Array.of(1, 2) }]);
    expect(bert.drops.count("duplicate-broadcast")).toBe(1);
    anna.replica.disconnect();
    expect(anna.replica.broadcast(Uint8Array.of(1))).toBe("offline");
  });
});

describe("notices", () => {
  const valid = new Uint8Array(64).fill(1);

  test("ID5 only a signed notice of this room is heard, and once", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    const envelope = { kind: "server", group: groups.presence, generation: 1, accessEpoch: 1, counter: 1 } as const;
    const bye = { ...envelope, notice: { type: "bye", session: anna.session } as const };
    world.inject({ ...bye, signature: new Uint8Array(64) }, null, groups.presence);
    world.inject({ ...bye, signature: valid }, anna.sender, groups.presence);
    world.inject({ ...bye, signature: valid }, null, groups.data);
    world.inject({ ...bye, generation: 2, signature: valid }, null, groups.presence);
    await world.clock.pass(10);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
    expect([bert.drops.count("bad-signature"), bert.drops.count("stale-notice")]).toEqual([1, 3]);
    world.inject({ ...bye, signature: valid }, null, groups.presence);
    await world.clock.pass(10);
    expect(nameSeenBy(bert, anna)).toBeUndefined();
    world.inject({ ...bye, signature: valid }, null, groups.presence);
    await world.clock.pass(10);
    expect(bert.drops.count("duplicate-notice")).toBe(1);
  });

  test("SY10 a stored notice makes members read the log", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.loses = ({ from }) => from === anna.sender;
    anna.text.insert(0, "posted");
    await world.clock.pass(1_500);
    expect(bert.text.toString()).toBe("");
    const envelope = { kind: "server", group: groups.data, generation: 1, accessEpoch: 1, counter: 5 } as const;
    world.inject({ ...envelope, notice: { type: "stored", cursor: "e1-1" as Cursor }, signature: valid }, null);
    await world.clock.pass(300);
    expect(bert.text.toString()).toBe("posted");
  });

  test.each([
    { members: 2, afterMs: 5, withinMs: 30 },
    { members: 40, afterMs: 74, withinMs: 170 },
  ])(
    "SE5 $members members read what was stored after $afterMs ms, within $withinMs",
    async ({ members, afterMs, withinMs }) => {
      const world = new World();
      for (let index = 0; index < members; index++) await world.joined(`member ${index}`);
      await world.clock.pass(5_000);
      world.server.calls.length = 0;
      const envelope = { kind: "server", group: groups.data, generation: 1, accessEpoch: 1, counter: 7 } as const;
      world.inject({ ...envelope, notice: { type: "stored", cursor: "e1-9" as Cursor }, signature: valid }, null);
      const reads = () => world.server.calls.filter((call) => call === "log").length;
      await world.clock.pass(afterMs);
      expect(reads()).toBe(0);
      await world.clock.pass(withinMs - afterMs);
      expect(reads()).toBe(members);
    },
  );

  test("renegotiate ends the link, and a new ticket is asked for", async () => {
    const world = new World();
    const [anna] = await world.pair();
    world.server.calls.length = 0;
    const envelope = { kind: "server", group: groups.data, generation: 1, accessEpoch: 1, counter: 6 } as const;
    world.inject({ ...envelope, notice: { type: "renegotiate" }, signature: valid }, null);
    await world.clock.pass(2_000);
    expect(world.server.calls.filter((call) => call === "negotiate").length).toBe(2);
    expect(anna.replica.synced).toBe(true);
  });
});
