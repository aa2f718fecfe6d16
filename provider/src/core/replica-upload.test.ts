import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { sha256 } from "./digest.ts";
import type { Failure } from "./ports.ts";
import { World } from "./testing/world.ts";

const unreachable: Failure = { kind: "unreachable", message: "down", retryAfterMs: null };

describe("durability", () => {
  test("DU1 an upload leaves after a second of silence, and at most five seconds after the first edit", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "a");
    await world.clock.pass(980);
    expect(world.server.uploads.length).toBe(0);
    await world.clock.pass(50);
    expect(world.server.uploads.length).toBe(1);
    for (let at = 0; at < 10; at++) {
      anna.text.insert(0, "b");
      await world.clock.pass(500);
    }
    await world.clock.pass(100);
    expect(world.server.uploads.length).toBe(2);
  });

  test("DU1 a lot of bytes and a blur do not wait", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    anna.text.insert(0, "x".repeat(50_000));
    await world.clock.pass(50);
    expect(world.server.uploads.length).toBe(1);
    anna.text.insert(0, "y");
    anna.replica.flush({ keepalive: false });
    await world.clock.pass(20);
    expect(world.server.uploads.length).toBe(2);
    expect(anna.replica.saveState).toBe("saved");
  });

  test("DU2 a retry sends the same bytes under the same number; its receipt counts once", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.losesReceipts = true;
    anna.text.insert(0, "first");
    await world.clock.pass(1_100);
    anna.text.insert(0, "second ");
    await world.clock.pass(5_000);
    const tries = world.server.uploads.length;
    expect(tries).toBeGreaterThan(2);
    world.server.losesReceipts = false;
    await world.clock.pass(20_000);
    const first = world.server.uploads.filter(({ upload }) => upload === 1);
    expect(first.length).toBeGreaterThan(tries);
    expect(new Set(first.map(({ update }) => sha256(update).join())).size).toBe(1);
    expect(world.server.entries.map(({ upload, seqTo }) => [upload, seqTo])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(anna.replica.saveState).toBe("saved");
  });

  test("DU4 a receipt never moves the read cursor", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.loses = ({ frame }, receiver) => receiver === bert.sender && frame.kind !== "presence";
    anna.text.insert(0, "unseen ");
    await world.clock.pass(1_500);
    const cursor = bert.replica.cursor;
    bert.text.insert(0, "own");
    await world.clock.pass(1_500);
    expect(World.events(bert, "saved").length).toBe(1);
    expect(bert.replica.cursor).toBe(cursor);
    bert.replica.wake("focus");
    await world.clock.pass(2_000);
    expect(bert.text.toString()).toContain("unseen");
    expect(world.converged()).toBe(true);
  });

  test("DU7 the server names what it lacks, and the uploader supplies it", async () => {
    const world = new World();
    const doc = new Y.Doc();
    const anna = await world.joined("anna", doc);
    anna.text.insert(0, "abc");
    await world.clock.pass(2_000);
    // The server forgets: its store was restored from an older copy.
    world.server.entries.length = 0;
    world.server.coverage.missingFor = missingAll(doc.clientID, world);
    world.server.calls.length = 0;
    anna.text.insert(3, "def");
    await world.clock.pass(3_000);
    expect(world.server.calls).not.toContain("log");
    expect(world.server.uploads.map(({ upload }) => upload)).toEqual([1, 2, 3]);
    expect(world.server.doc().getText("t").toString()).toBe("abcdef");
    expect(anna.replica.saveState).toBe("saved");
  });

  test("DU5 with the server down edits are at risk, and saved when it is back", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.server.down();
    anna.text.insert(0, "live");
    await world.clock.pass(3_000);
    expect(bert.text.toString()).toBe("live");
    expect(anna.replica.saveState).toBe("at-risk");
    expect(anna.replica.unsyncedChanges).toBe(1);
    world.server.upAgain();
    await world.clock.pass(31_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(World.events(anna, "save-state").map(({ state }) => state)).toEqual(["saved", "saving", "at-risk", "saved"]);
    expect(world.server.doc().getText("t").toString()).toBe("live");
  });

  test("DU2 a spent number is replaced by the next one", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    const conflict: Failure = { kind: "upload-conflict", message: "spent" };
    let left = 1;
    world.server.fails = (call) => (call === "upload" && left-- > 0 ? conflict : null);
    anna.text.insert(0, "a");
    await world.clock.pass(3_000);
    expect(world.server.uploads.map(({ upload }) => upload)).toEqual([2]);
    expect(anna.replica.saveState).toBe("saved");
  });

  test("refused bytes are reported, at risk, and not forgotten", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    const invalid: Failure = { kind: "invalid", message: "no", code: "update-invalid" };
    world.server.fails = (call) => (call === "upload" ? invalid : null);
    anna.text.insert(0, "a");
    await world.clock.pass(3_000);
    expect(anna.replica.saveState).toBe("at-risk");
    expect(anna.events).toContainEqual({ type: "connection-error", code: "update-invalid", message: "no" });
    world.server.upAgain();
    anna.text.insert(0, "b");
    await world.clock.pass(40_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("ba");
  });

  test("DU1 PR3 pagehide: one keepalive upload of everything unsaved, and a bye", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    expect(bert.awareness.getStates().has(anna.awareness.clientID)).toBe(true);
    anna.text.insert(0, "last words");
    world.server.calls.length = 0;
    anna.replica.flush({ keepalive: true });
    expect(world.server.calls).toEqual(["upload-keepalive"]);
    await world.clock.pass(50);
    expect(world.server.doc().getText("t").toString()).toBe("last words");
    expect(bert.awareness.getStates().has(anna.awareness.clientID)).toBe(false);
  });

  test("DU1 destroy sends what is unsaved once more", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.fails = () => unreachable;
    anna.text.insert(0, "kept");
    await world.clock.pass(3_000);
    world.server.upAgain();
    anna.replica.destroy();
    await world.clock.pass(100);
    expect(world.server.doc().getText("t").toString()).toBe("kept");
  });

  test("a receipt of something else is none", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.generation = 1;
    const session = anna.session;
    anna.text.insert(0, "a");
    const original = world.server.uploads.push.bind(world.server.uploads);
    world.server.uploads.push = (batch) => {
      if (batch !== undefined && world.server.uploads.length === 0) Object.assign(batch, { upload: 77 });
      return original(
        batch ?? { session, upload: 0, seqTo: 0, announce: false, adoption: false, update: new Uint8Array() },
      );
    };
    await world.clock.pass(1_010);
    expect(anna.drops.count("foreign-receipt")).toBe(1);
    expect(anna.replica.saveState).toBe("at-risk");
    await world.clock.pass(5_000);
    expect(anna.replica.saveState).toBe("saved");
  });
});

/** A server whose coverage starts anew: it misses all that its log does not hold. */
function missingAll(client: number, world: World): World["server"]["coverage"]["missingFor"] {
  return ({ structs }) => {
    const start = structs.find((range) => range.client === client)?.clock ?? 0;
    return world.server.entries.length === 0 && start > 0 ? [{ client, clock: 0, length: start }] : [];
  };
}

test("DU7 two who build on each other's unsaved batches are both saved, without adoption", async () => {
  const world = new World();
  const [anna, bert] = await world.pair();
  world.server.down();
  for (let at = 0; at < 30; at++) {
    const { text } = at % 2 === 0 ? anna : bert;
    text.insert(text.length, `${at} `);
    await world.clock.pass(60);
  }
  expect(anna.text.toString()).toBe(bert.text.toString());
  world.server.upAgain();
  await world.clock.pass(40_000);
  expect([anna.replica.saveState, bert.replica.saveState]).toEqual(["saved", "saved"]);
  expect(world.server.doc().getText("t").toString()).toBe(anna.text.toString());
  expect(world.server.uploads.some(({ adoption }) => adoption)).toBe(false);
});
