import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { encodeFrame } from "./frame.ts";
import type { SessionId, UserId } from "./ports.ts";
import { senderName } from "./session-id.ts";
import { FakeTabs } from "./testing/fake-tabs.ts";
import { type Member, World } from "./testing/world.ts";

/** Two tabs of anna's browser, past all hellos. */
async function twoTabs(world: World): Promise<{ left: Member; right: Member; tabs: FakeTabs }> {
  const tabs = new FakeTabs(world.clock);
  const left = await world.joined("anna", new Y.Doc(), tabs);
  const right = await world.joined("anna", new Y.Doc(), tabs);
  await world.clock.pass(5_000);
  return { left, right, tabs };
}

async function type(world: World, member: Member, keys: number): Promise<void> {
  for (let key = 0; key < keys; key++) {
    member.text.insert(member.text.length, "k");
    member.awareness.setLocalStateField("cursor", member.text.length);
    await world.clock.pass(200);
  }
}

describe("tabs of one browser", () => {
  test("TB2 two tabs alone publish nothing for each other, and see each other's edits and presence", async () => {
    const world = new World();
    const { left, right } = await twoTabs(world);
    world.service.sent.length = 0;
    await type(world, left, 10);
    right.text.insert(0, "R");
    await world.clock.pass(100);
    expect(world.service.sent).toEqual([]);
    expect(left.text.toString()).toBe("Rkkkkkkkkkk");
    expect(right.text.toString()).toBe("Rkkkkkkkkkk");
    expect(right.awareness.getStates().get(left.awareness.clientID)).toEqual({ cursor: 10 });
    await world.clock.pass(10_000);
    expect([left.replica.saveState, right.replica.saveState]).toEqual(["saved", "saved"]);
    // Each edit went up once, by the tab where it was made.
    expect(world.server.uploads.map(({ session }) => session)).toContain(left.session);
    expect(right.replica.queues.openGaps).toBe(0);
  });

  test("TB2 with others in the room two tabs publish as many frames as one", async () => {
    const framesOf = async (tabCount: 1 | 2): Promise<number> => {
      const world = new World();
      const bert = await world.joined("bert");
      const tabs = new FakeTabs(world.clock);
      const left = await world.joined("anna", new Y.Doc(), tabs);
      if (tabCount === 2) await world.joined("anna", new Y.Doc(), tabs);
      await world.clock.pass(5_000);
      world.service.sent.length = 0;
      await type(world, left, 20);
      await world.clock.pass(5_000);
      expect(bert.text.length).toBe(20);
      return world.service.sent.length;
    };
    expect(await framesOf(2)).toBe(await framesOf(1));
  });

  test("TB2 the service's copy of what came from a tab is known already", async () => {
    const world = new World();
    await world.joined("bert");
    const { left, right } = await twoTabs(world);
    left.text.insert(0, "once");
    await world.clock.pass(100);
    expect(right.text.toString()).toBe("once");
    expect(right.drops.count("duplicate")).toBe(1);
    expect(right.replica.queues.openGaps).toBe(0);
  });

  test("TB2 tabs without network go on together, and everything is saved once when it is back", async () => {
    const world = new World();
    const { left, right } = await twoTabs(world);
    world.service.cut();
    world.server.down();
    await world.clock.pass(5_000);
    left.text.insert(0, "left ");
    await world.clock.pass(1_000);
    right.text.insert(right.text.length, "right");
    right.text.insert(right.text.length, "x".repeat(40_000));
    await world.clock.pass(1_000);
    expect(left.text.length).toBe(40_010);
    expect(right.text.toString()).toBe(left.text.toString());
    left.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(10_000);
    expect(right.awareness.getStates().get(left.awareness.clientID)).toEqual({ name: "Anna" });
    expect(left.replica.saveState).toBe("at-risk");
    world.service.up = true;
    world.server.upAgain();
    await world.clock.pass(60_000);
    expect([left.replica.saveState, right.replica.saveState]).toEqual(["saved", "saved"]);
    expect(world.converged()).toBe(true);
  });

  test("TB3 a tab that comes is told presence and what is not saved yet", async () => {
    const world = new World();
    const tabs = new FakeTabs(world.clock);
    const left = await world.joined("anna", new Y.Doc(), tabs);
    await world.clock.pass(5_000);
    world.server.fails = (call) =>
      call === "upload" ? { kind: "store-full", message: "full", retryAfterMs: null } : null;
    left.text.insert(0, "unsaved");
    left.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(3_000);
    expect(left.replica.unsyncedChanges).toBe(1);
    const right = await world.joined("anna", new Y.Doc(), tabs);
    expect(right.text.toString()).toBe("unsaved");
    expect(right.awareness.getStates().get(left.awareness.clientID)).toEqual({ name: "Anna" });
  });

  test("TB2 broadcasts reach tabs, once, though nobody else is there", async () => {
    const world = new World();
    const { left, right } = await twoTabs(world);
    expect(left.replica.broadcast(Uint8Array.of(7))).toBe("sent");
    await world.clock.pass(100);
    expect(World.events(right, "broadcast").map(({ bytes }) => [...bytes])).toEqual([[7]]);
    await world.joined("bert");
    left.replica.broadcast(Uint8Array.of(8));
    await world.clock.pass(100);
    expect(World.events(right, "broadcast").map(({ bytes }) => [...bytes])).toEqual([[7], [8]]);
  });

  test("TB1 tabs of another user, of another generation, and nonsense are not heard", async () => {
    const world = new World();
    const { left, tabs } = await twoTabs(world);
    const stranger = await world.joined("eve", new Y.Doc(), tabs);
    await world.clock.pass(5_000);
    const session = "AAAAAAAAAAAAAAAA" as SessionId;
    const update = (() => {
      const doc = new Y.Doc();
      doc.getText("t").insert(0, "forged");
      return Y.encodeStateAsUpdate(doc);
    })();
    const nothing = new Uint8Array(0);
    const bytes = encodeFrame({ kind: "edit", session, seqFrom: 1, seqTo: 1, update, awareness: nothing });
    const { generation } = left.replica;
    if (generation === null) throw new Error("joined");
    const anna = senderName(session, "anna" as UserId);
    tabs.inject({ sender: senderName(session, "mallory" as UserId), generation, bytes });
    tabs.inject({ sender: anna, generation: generation + 1, bytes });
    tabs.inject({ sender: senderName("BBBBBBBBBBBBBBBB" as SessionId, "anna" as UserId), generation, bytes });
    tabs.inject({ sender: anna, generation, bytes: Uint8Array.of(1, 2, 3) });
    tabs.inject({ sender: "nobody", generation, bytes });
    await world.clock.pass(100);
    expect(left.text.toString()).toBe("");
    expect(stranger.text.toString()).toBe("");
    left.text.insert(0, "anna's");
    expect(stranger.drops.count("foreign-tab")).toBeGreaterThan(0);
  });

  test("TB1 a reader's edits stay in its tab", async () => {
    const world = new World();
    world.server.role = "reader";
    const { left, right } = await twoTabs(world);
    left.text.insert(0, "mine alone");
    await world.clock.pass(5_000);
    expect(right.text.toString()).toBe("");
  });

  test("TB2 when the other tab closes, and when it comes back, presence follows, and nothing stays open", async () => {
    const world = new World();
    const { left, right, tabs } = await twoTabs(world);
    left.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    right.replica.flush({ keepalive: true });
    left.replica.flush({ keepalive: true });
    left.awareness.setLocalStateField("cursor", null);
    await world.clock.pass(100);
    expect(right.awareness.getStates().has(left.awareness.clientID)).toBe(false);
    left.awareness.setLocalState({ name: "Anna" });
    left.replica.wake("resume");
    await world.clock.pass(100);
    expect(right.awareness.getStates().get(left.awareness.clientID)).toEqual({ name: "Anna" });
    left.replica.destroy();
    right.replica.disconnect();
    await world.clock.pass(100);
    expect(tabs.openCount).toBe(0);
  });
});
