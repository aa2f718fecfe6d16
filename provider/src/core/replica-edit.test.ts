import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { EditFrame } from "./frame.ts";
import { groups } from "./testing/fake-service.ts";
import { World } from "./testing/world.ts";

describe("live editing", () => {
  test("SY5 the first edits leave when their task is done, the next ones with the window", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    for (const letter of "ab") anna.text.insert(0, letter);
    await world.clock.pass(0);
    expect(world.service.frames("edit").length).toBe(1);
    for (const letter of "cd") anna.text.insert(0, letter);
    await world.clock.pass(40);
    expect(world.service.frames("edit").length).toBe(1);
    await world.clock.pass(20);
    expect(world.service.frames("edit")).toMatchObject([
      { seqFrom: 1, seqTo: 1 },
      { seqFrom: 2, seqTo: 2 },
    ]);
    expect(bert.text.toString()).toBe("dcba");
  });

  test("SY7 a tail follows a burst", async () => {
    const world = new World();
    const [anna] = await world.pair();
    anna.text.insert(0, "a");
    await world.clock.pass(1_900);
    expect(world.service.frames("tail", anna.sender)).toEqual([]);
    await world.clock.pass(200);
    expect(world.service.frames("tail", anna.sender)).toMatchObject([{ seq: 1 }]);
  });

  test("SY6 alone nothing is published; company ends it", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    await world.clock.pass(4_000);
    expect(world.service.frames("hello", anna.sender)).toMatchObject([{ round: 0 }, { round: 1 }]);
    world.service.sent.length = 0;
    anna.text.insert(0, "monologue");
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(300);
    expect(world.service.sent).toEqual([]);
    expect(anna.replica.broadcast(new Uint8Array(1))).toBe("nobody-there");
    const bert = await world.joined("bert");
    expect(bert.text.toString()).toBe("monologue");
    expect(bert.awareness.getStates().get(anna.awareness.clientID)).toEqual({ name: "Anna" });
    anna.text.insert(0, "dialogue ");
    await world.clock.pass(20);
    expect(bert.text.toString()).toBe("dialogue monologue");
    bert.replica.destroy();
    await world.clock.pass(5_000);
    expect(anna.replica.broadcast(new Uint8Array(1))).toBe("nobody-there");
  });

  test("SY5 a batch too large for a frame goes up first, then a pointer makes others read the log", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "x".repeat(40_000));
    await world.clock.pass(12);
    expect(world.service.frames("edit")).toEqual([]);
    await world.clock.pass(400);
    expect(world.service.frames("pointer")).toMatchObject([{ seqFrom: 1, seqTo: 1, upload: 1 }]);
    expect(bert.text.length).toBe(40_000);
    anna.text.insert(0, "small");
    await world.clock.pass(20);
    expect(bert.text.length).toBe(40_005);
    expect(bert.replica.queues.openGaps).toBe(0);
  });

  test("SY12 a frame that came before is dropped", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "a");
    await world.clock.pass(20);
    const sent = world.service.sent.find(({ frame }) => frame.kind === "edit");
    if (sent === undefined) throw new Error("an edit was sent");
    world.service.inject({ group: sent.group, bytes: sent.bytes, from: sent.from });
    await world.clock.pass(20);
    expect(bert.drops.count("duplicate")).toBe(1);
    expect(bert.text.toString()).toBe("a");
  });

  test("ID2 ID3 ID4 frames of a foreign session, a wrong group or a foreign client change nothing", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const stolen = new Y.Doc();
    stolen.clientID = anna.doc.clientID;
    stolen.getText("t").insert(0, "forged");
    const nothing = new Uint8Array(0);
    const update = Y.encodeStateAsUpdate(stolen);
    const forged: EditFrame = { kind: "edit", session: bert.session, seqFrom: 1, seqTo: 1, update, awareness: nothing };
    anna.text.insert(0, "true");
    await world.clock.pass(3_000);
    const carl = await world.joined("carl");
    world.inject(forged, anna.sender);
    world.inject(forged, null);
    await world.clock.pass(20);
    expect(carl.drops.count("foreign-session")).toBe(2);
    world.inject(forged, bert.sender, groups.presence);
    await world.clock.pass(20);
    expect(carl.drops.count("wrong-group")).toBe(1);
    world.inject(forged, bert.sender);
    await world.clock.pass(20);
    expect(carl.drops.count("foreign-client")).toBe(1);
    expect(carl.replica.queues.openGaps).toBe(1);
    world.service.inject({ group: groups.data, bytes: Uint8Array.of(1, 2, 3), from: bert.sender });
    await world.clock.pass(20);
    expect(carl.drops.count("frame-too-short")).toBe(1);
    expect(carl.text.toString()).toBe("true");
  });

  test("ID4 a new client id of a session is announced before its first edit", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.doc.clientID = 4_711;
    anna.text.insert(0, "new id");
    await world.clock.pass(20);
    expect(bert.text.toString()).toBe("new id");
    expect(bert.drops.all().size).toBe(0);
  });

  test("SY5 a full line loses nothing", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.full = true;
    anna.text.insert(0, "kept");
    await world.clock.pass(500);
    expect(anna.drops.count("line-full")).toBeGreaterThan(0);
    world.service.full = false;
    await world.clock.pass(6_000);
    expect(bert.text.toString()).toBe("kept");
  });

  test("a reader's edits are not published, not uploaded and not called saved", async () => {
    const world = new World();
    world.server.role = "reader";
    const anna = await world.joined("anna");
    world.server.role = "writer";
    await world.joined("bert");
    world.service.sent.length = 0;
    anna.text.insert(0, "mine alone");
    await world.clock.pass(10_000);
    expect(world.service.frames("edit", anna.sender)).toEqual([]);
    expect(world.server.uploads).toEqual([]);
    expect(anna.replica.saveState).toBe("at-risk");
    expect(anna.replica.role).toBe("reader");
  });
});
