import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { SnapshotRef } from "./ports.ts";
import { groups } from "./testing/fake-service.ts";
import { World } from "./testing/world.ts";
import { liveLimits, validateUpdate } from "./validate-update.ts";

describe("repair", () => {
  test("SY8 a sequence jump waits for reordering, then the log is pulled", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.loses = ({ frame }) => frame.kind === "edit" && frame.seqTo === 1;
    anna.text.insert(0, "lost ");
    await world.clock.pass(1_200);
    world.server.calls.length = 0;
    anna.text.insert(5, "seen");
    await world.clock.pass(500);
    expect(world.server.calls).toEqual([]);
    expect(bert.replica.queues.openGaps).toBe(1);
    await world.clock.pass(200);
    expect(world.server.calls).toEqual(["log"]);
    expect(bert.text.toString()).toBe("lost seen");
    await world.clock.pass(4_000);
    expect(bert.replica.queues).toMatchObject({ openGaps: 0, held: 0 });
  });

  test("SY8 frames out of order are put right without the log", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const kept: { bytes: Uint8Array; group: (typeof world.service.sent)[number]["group"]; from: string | null }[] = [];
    world.service.loses = (sent) => {
      if (sent.frame.kind !== "edit" || sent.frame.seqTo !== 1) return false;
      kept.push(sent);
      return true;
    };
    anna.text.insert(0, "one ");
    await world.clock.pass(60);
    anna.text.insert(4, "two");
    await world.clock.pass(60);
    expect(bert.replica.queues.held).toBe(1);
    expect(bert.text.toString()).toBe("");
    world.server.calls.length = 0;
    world.service.loses = () => false;
    for (const sent of kept) world.service.inject(sent);
    await world.clock.pass(800);
    expect(bert.text.toString()).toBe("one two");
    expect(world.server.calls).toEqual([]);
  });

  test("SY8 SY7 a lost last frame shows by the tail", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.loses = ({ frame }) => frame.kind === "edit";
    anna.text.insert(0, "lost");
    await world.clock.pass(2_000);
    expect(bert.text.toString()).toBe("");
    await world.clock.pass(800);
    expect(bert.text.toString()).toBe("lost");
    expect(world.converged()).toBe(true);
  });

  test("SY8 while the server is down the author is asked, once", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    let lose = true;
    world.service.loses = ({ frame }) => lose && frame.kind === "edit";
    world.server.down();
    anna.text.insert(0, "lost");
    await world.clock.pass(2_100);
    lose = false;
    await world.clock.pass(3_000);
    expect(world.service.frames("ask", bert.sender)).toMatchObject([{ wanted: anna.session, seqFrom: 1, seqTo: 1 }]);
    expect(bert.text.toString()).toBe("lost");
    await world.clock.pass(20_000);
    expect(world.service.frames("ask").length).toBe(1);
  });

  test("SY11 an update that is not applicable is held, never parked in Yjs", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.server.down();
    world.service.loses = ({ frame }) => frame.kind === "edit" && frame.seqTo === 1;
    anna.text.insert(0, "abc");
    await world.clock.pass(60);
    anna.text.delete(0, 1);
    await world.clock.pass(60);
    expect(bert.replica.queues.held).toBe(1);
    expect(bert.doc.store.pendingStructs).toBeNull();
    expect(bert.doc.store.pendingDs).toBeNull();
    world.server.upAgain();
    await world.clock.pass(10_000);
    expect(bert.replica.queues.held).toBe(0);
    expect(bert.text.toString()).toBe("bc");
  });

  test("SY9 a lost deletion that no sequence shows is found by the digest", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "abc");
    await world.clock.pass(3_000);
    // Bert's replica believes that it has everything: the deletion is taken out of its document only.
    const silent = new Y.Doc();
    Y.applyUpdate(silent, Y.encodeStateAsUpdate(world.server.doc()));
    silent.getText("t").delete(0, 1);
    const update = Y.encodeStateAsUpdate(silent, Y.encodeStateVector(silent));
    expect(validateUpdate(update, liveLimits).ok).toBe(true);
    Y.applyUpdate(bert.doc, update, bert.replica);
    expect(world.converged()).toBe(false);
    bert.replica.wake("focus");
    await world.clock.pass(9_000);
    expect(world.server.uploads.length).toBe(1);
    await world.clock.pass(30_000);
    expect(world.server.uploads.length).toBe(2);
    anna.replica.wake("focus");
    await world.clock.pass(5_000);
    expect(anna.text.toString()).toBe("bc");
    expect(world.converged()).toBe(true);
  });

  test("SY9 what is lacking here is loaded anew", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "abc");
    await world.clock.pass(3_000);
    bert.replica.wake("focus");
    await world.clock.pass(3_000);
    expect(bert.replica.cursor).toBe(world.server.head);
    const hidden = new Y.Doc();
    hidden.getText("t").insert(0, "never told");
    const entry = world.server.entries[0];
    if (entry === undefined) throw new Error("one entry");
    const merged = Y.mergeUpdates([entry.update, Y.encodeStateAsUpdate(hidden)]);
    world.server.entries[0] = { ...entry, update: merged };
    bert.replica.wake("focus");
    await world.clock.pass(5_000);
    expect(bert.text.toString()).toContain("never told");
  });

  test("CN5 SY9 after the service's own recovery the log is pulled", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const link = world.service.links.find(({ name }) => name === bert.sender);
    link?.tell({ type: "interrupted" });
    expect(bert.replica.synced).toBe(false);
    expect(bert.replica.status).toBe("connecting");
    world.service.loses = (_sent, receiver) => receiver === bert.sender;
    anna.text.insert(0, "meanwhile");
    await world.clock.pass(2_500);
    world.service.loses = () => false;
    link?.tell({ type: "resumed" });
    await world.clock.pass(100);
    expect(bert.text.toString()).toBe("meanwhile");
    expect(bert.replica.synced).toBe(true);
  });

  test("DU11 a log that always begins after its own snapshot is asked with back-off", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "abc");
    await world.clock.pass(3_000);
    world.server.compact();
    world.server.calls.length = 0;
    const snapshot = "s" as SnapshotRef;
    world.server.fails = (call) => (call === "log" ? { kind: "cursor-gone", message: "gone", snapshot } : null);
    anna.replica.wake("focus");
    await world.clock.pass(20_000);
    expect(world.server.calls.filter((call) => call === "log").length).toBeLessThan(20);
    world.server.upAgain();
    await world.clock.pass(15_000);
    expect(anna.replica.cursor).toBe(world.server.head);
  });

  test("CN7 a link that no longer acknowledges is replaced", async () => {
    const world = new World();
    const [anna] = await world.pair();
    world.service.acks = false;
    await world.clock.pass(15_000);
    anna.text.insert(0, "into the void");
    const links = world.service.links.length;
    await world.clock.pass(10_500);
    expect(world.service.links.length).toBeGreaterThan(links);
    expect(anna.events).toContainEqual({ type: "status", status: "disconnected", reason: "publish not acknowledged" });
  });

  test("CN6 events of an orphaned link are dropped", async () => {
    const world = new World();
    const [anna] = await world.pair();
    const link = world.service.links.find(({ name }) => name === anna.sender);
    link?.tell({ type: "unconfirmed", reason: "no permission" });
    await world.clock.pass(1_000);
    expect(anna.replica.status).toBe("connected");
    if (link !== undefined) link.phase = "joined";
    link?.tell({ type: "closed", reason: "late" });
    expect(anna.drops.count("late-link-event")).toBe(1);
    expect(anna.replica.status).toBe("connected");
  });

  test("CN8 a tab that was frozen checks as soon as it wakes", async () => {
    const world = new World();
    const [anna] = await world.pair();
    world.server.calls.length = 0;
    world.clock.freeze(60_000);
    await world.clock.pass(2_000);
    expect(world.server.calls).toContain("head");
    expect(anna.replica.status).toBe("connected");
  });

  test("SY11 what a session said that is gone does not wait for structs that it has given up", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    const gone = new Y.Doc();
    gone.getText("t").insert(0, "first");
    const vector = Y.encodeStateVector(gone);
    gone.getText("t").insert(5, "second");
    const update = Y.encodeStateAsUpdate(gone, vector);
    const frame = { session: anna.session, seqFrom: 2, seqTo: 2, update, awareness: new Uint8Array(0) };
    world.inject({ kind: "edit", ...frame }, anna.sender);
    await world.clock.pass(100);
    expect(bert.replica.queues.held).toBe(1);
    world.inject({ kind: "bye", session: anna.session }, anna.sender, groups.presence);
    await world.clock.pass(100);
    expect(bert.replica.queues.held).toBe(0);
  });
});
