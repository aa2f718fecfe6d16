import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { cloneOf } from "./testing/copies.ts";
import { World } from "./testing/world.ts";

describe("joining", () => {
  test("SY1 SY3 the hello goes first, then the log, then synced", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "abc");
    await world.clock.pass(2_000);
    const bert = world.member("bert");
    const seen: string[] = [];
    bert.doc.on("update", () => seen.push("content"));
    world.server.calls.length = 0;
    bert.replica.connect();
    await world.clock.pass(14);
    expect(world.service.frames("hello", bert.sender)).toEqual([]);
    await world.clock.pass(2_000);
    expect(world.server.calls).toEqual(["negotiate", "log"]);
    expect(world.service.frames("hello", bert.sender)[0]).toMatchObject({ round: 0, clientIds: [bert.doc.clientID] });
    expect(seen).toEqual(["content"]);
    expect(bert.text.toString()).toBe("abc");
    expect(World.events(bert, "synced")).toEqual([{ type: "synced", synced: true }]);
  });

  test("SY3 an empty document with nobody there is synced after the hello's deadline", async () => {
    const world = new World();
    const anna = world.member("anna");
    anna.replica.connect();
    await world.clock.pass(300);
    expect(anna.replica.synced).toBe(false);
    await world.clock.pass(30);
    expect(anna.replica.synced).toBe(true);
    expect(anna.replica.saveState).toBe("saved");
  });

  test("SY3 the log is applied before synced, however late it comes", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "abc");
    await world.clock.pass(2_000);
    const bert = world.member("bert");
    world.server.fails = (call) => (call === "log" ? { kind: "unreachable", message: "", retryAfterMs: 5_000 } : null);
    bert.replica.connect();
    await world.clock.pass(4_000);
    expect(bert.replica.status).toBe("connected");
    expect(bert.replica.synced).toBe(false);
    expect(bert.replica.saveState).toBe("unknown");
    world.server.upAgain();
    await world.clock.pass(4_000);
    expect(bert.replica.synced).toBe(true);
    expect(bert.text.toString()).toBe("abc");
  });

  test("SY1 a late joiner loads the snapshot, then the log; a cursor that is gone leads to the snapshot too", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    for (const letter of "abcdefgh") {
      anna.text.insert(0, letter);
      await world.clock.pass(3_000);
    }
    anna.text.delete(0, 1);
    await world.clock.pass(3_000);
    world.server.compact();
    anna.text.insert(0, "z");
    await world.clock.pass(3_000);
    const bert = await world.joined("bert");
    expect(world.server.calls.filter((call) => call === "snapshot").length).toBe(1);
    expect(bert.text.toString()).toBe("zgfedcba");
    anna.replica.wake("focus");
    await world.clock.pass(3_000);
    expect(world.server.calls.filter((call) => call === "snapshot").length).toBe(2);
    expect(world.converged()).toBe(true);
  });

  describe("a snapshot", () => {
    async function folded() {
      const world = new World();
      const anna = await world.joined("anna");
      anna.text.insert(0, "folded");
      await world.clock.pass(3_000);
      world.server.compact();
      anna.text.insert(6, ", and more");
      await world.clock.pass(3_000);
      world.server.calls.length = 0;
      return { world, bert: world.member("bert") };
    }

    test("SY1 is loaded once and shown though the service cannot be dialled yet; the log is read after the join", async () => {
      const { world, bert } = await folded();
      world.service.up = false;
      bert.replica.connect();
      await world.clock.pass(100);
      expect([bert.text.toString(), bert.replica.status]).toEqual(["folded", "disconnected"]);
      expect(world.server.calls.filter((call) => call !== "negotiate")).toEqual(["snapshot"]);
      world.service.up = true;
      await world.clock.pass(5_000);
      expect([bert.text.toString(), bert.replica.synced]).toEqual(["folded, and more", true]);
      expect(world.server.calls.filter((call) => call === "snapshot")).toHaveLength(1);
      expect(world.server.calls.indexOf("log")).toBeGreaterThan(world.server.calls.lastIndexOf("negotiate"));
    });

    test.each([
      ["that cannot be had then", { kind: "unreachable", message: "", retryAfterMs: null }],
      ["that is gone", { kind: "refused", message: "gone", code: "snapshot-gone" }],
    ] as const)("SY1 %s is asked for again by the join", async (_what, failure) => {
      const { world, bert } = await folded();
      let failures = 1;
      world.server.fails = (call) => (call === "snapshot" && failures-- > 0 ? failure : null);
      bert.replica.connect();
      await world.clock.pass(3_000);
      expect(bert.text.toString()).toBe("folded, and more");
      expect(bert.replica.synced).toBe(true);
      expect(World.events(bert, "connection-error")).toEqual([]);
    });
  });

  test("SY1 SY2 data frames wait for the log, and are applied after it", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "one ");
    await world.clock.pass(3_000);
    const bert = world.member("bert");
    world.server.latencyMs = 50;
    bert.replica.connect();
    await world.clock.pass(62);
    anna.text.insert(4, "two");
    await world.clock.pass(8);
    expect(bert.replica.queues.buffered).toBe(1);
    expect(bert.text.toString()).toBe("");
    await world.clock.pass(60);
    expect(bert.replica.queues).toEqual({ buffered: 0, held: 0, unsavedBatches: 0, openGaps: 0 });
    expect(bert.text.toString()).toBe("one two");
  });

  test("SY4 a hello makes writers publish what has no receipt yet", async () => {
    const world = new World();
    const [anna] = await world.pair();
    world.server.fails = (call) =>
      call === "upload" ? { kind: "unreachable", message: "", retryAfterMs: null } : null;
    anna.text.insert(0, "unsaved");
    await world.clock.pass(200);
    anna.text.insert(7, " too");
    await world.clock.pass(3_000);
    const carl = await world.joined("carl");
    expect(carl.text.toString()).toBe("unsaved too");
    expect(world.service.frames("edit", anna.sender).at(-1)).toMatchObject({ seqFrom: 1, seqTo: 2 });
    expect(carl.replica.queues.openGaps).toBe(0);
  });

  test("DU5 DU6 what the document held before is compared, uploaded and only then saved", async () => {
    const world = new World();
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "offline work");
    const anna = world.member("anna", doc);
    expect(anna.replica.saveState).toBe("unknown");
    anna.replica.connect();
    await world.clock.pass(25);
    expect(World.events(anna, "save-state")).toEqual([{ type: "save-state", state: "saving" }]);
    expect(anna.replica.unsyncedChanges).toBe(1);
    await world.clock.pass(1_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("offline work");
    const again = await world.joined("anna", cloneOf(doc));
    expect(again.replica.unsyncedChanges).toBe(0);
    expect(world.server.uploads.length).toBe(1);
  });

  test("CN4 a refused ticket is final until connect()", async () => {
    const world = new World();
    world.server.fails = () => ({ kind: "refused", message: "not yours", code: "forbidden" });
    const anna = await world.joined("anna");
    anna.replica.wake("online");
    await world.clock.pass(120_000);
    expect(world.server.calls).toEqual(["negotiate"]);
    expect(anna.events).toContainEqual({ type: "status", status: "refused", reason: "forbidden" });
    expect(anna.events).toContainEqual({ type: "connection-error", code: "forbidden", message: "not yours" });
    world.server.upAgain();
    anna.replica.connect();
    await world.clock.pass(1_000);
    expect(anna.replica.synced).toBe(true);
  });

  test("CN4 access that was revoked ends in refused, and nothing is asked any more", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.fails = () => ({ kind: "refused", message: "revoked", code: "forbidden" });
    anna.text.insert(0, "too late");
    anna.replica.wake("focus");
    await world.clock.pass(10_000);
    expect(anna.replica.status).toBe("refused");
    expect(anna.replica.saveState).toBe("at-risk");
    world.server.calls.length = 0;
    await world.clock.pass(300_000);
    expect(world.server.calls).toEqual([]);
  });

  test("CN3 SY3 a lost link is not synced, rejoins with a new hello, and is synced again", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.server.down();
    world.service.cut();
    await world.clock.pass(1_000);
    expect(anna.replica.synced).toBe(false);
    expect(anna.replica.status).not.toBe("connected");
    anna.text.insert(0, "apart");
    world.service.up = true;
    world.server.upAgain();
    const hellos = world.service.frames("hello", anna.sender).length;
    await world.clock.pass(40_000);
    expect(world.service.frames("hello", anna.sender).length).toBeGreaterThan(hellos);
    expect(World.events(anna, "synced").map(({ synced }) => synced)).toEqual([true, false, true]);
    expect(bert.text.toString()).toBe("apart");
  });

  test("ID4 a clashing client id is replaced before it writes", async () => {
    const world = new World();
    const anna = world.member("anna");
    const old = anna.doc.clientID;
    world.server.clash = [old];
    anna.replica.connect();
    await world.clock.pass(1_000);
    expect(anna.doc.clientID).not.toBe(old);
    expect(anna.awareness.clientID).toBe(anna.doc.clientID);
    anna.text.insert(0, "x");
    await world.clock.pass(3_000);
    expect(world.server.coverage.clock(old)).toBe(0);
    expect(anna.replica.saveState).toBe("saved");
  });

  test("DU6 what a document held of authors whom nobody knows here is saved, and does not become this user's", async () => {
    const adoptionOf = async (copy: Y.Doc, typed: string): Promise<boolean | undefined> => {
      const world = new World(5);
      const anna = world.member("anna", copy);
      anna.text.insert(0, typed);
      anna.replica.connect();
      await world.clock.pass(5_000);
      expect(anna.replica.saveState).toBe("saved");
      expect(world.server.doc().getText("t").toString()).toBe(anna.text.toString());
      return world.server.uploads.some(({ adoption }) => adoption);
    };
    const stranger = new Y.Doc();
    stranger.getText("t").insert(0, "whose?");
    expect(await adoptionOf(cloneOf(stranger), "own ")).toBe(true);
    expect(await adoptionOf(new Y.Doc(), "own ")).toBe(false);
  });
});
