import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { digestOf } from "./digest.ts";
import type { Frame } from "./frame.ts";
import type { Cursor, UserId } from "./ports.ts";
import { cloneOf } from "./testing/copies.ts";
import { groups } from "./testing/fake-service.ts";
import { World } from "./testing/world.ts";

describe("one session, one user", () => {
  test("ID11 another user goes on in a new session with a new client id, and can save", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "anna's ");
    await world.clock.pass(3_000);
    const client = anna.doc.clientID;
    world.server.tickets = () => ({ userId: "zoe" as never });
    anna.replica.disconnect();
    anna.replica.connect();
    await world.clock.pass(3_000);
    const [session] = World.events(anna, "session");
    expect(session?.session).not.toBe(anna.session);
    expect(anna.doc.clientID).not.toBe(client);
    anna.text.insert(7, "and zoe's");
    await world.clock.pass(5_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("anna's and zoe's");
  });

  test("ID11 DU5 what the user before left unsaved is not called saved, and is saved from here", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "anna's ");
    await world.clock.pass(3_000);
    world.server.fails = (call) =>
      call === "upload" ? { kind: "unreachable", message: "", retryAfterMs: null } : null;
    anna.text.insert(7, "last words");
    await world.clock.pass(3_000);
    world.server.tickets = () => ({ userId: "zoe" as never });
    anna.replica.disconnect();
    anna.replica.connect();
    await world.clock.pass(3_000);
    expect(anna.replica.saveState).toBe("at-risk");
    world.server.fails = () => null;
    await world.clock.pass(20_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("anna's last words");
  });

  test("ID11 a session that the server knows as another user's is given up", async () => {
    const world = new World(5);
    const anna = world.member("anna");
    let refusals = 1;
    world.server.fails = (call) =>
      call === "negotiate" && refusals-- > 0 ? { kind: "session-taken", message: "409" } : null;
    anna.text.insert(0, "kept");
    anna.replica.connect();
    await world.clock.pass(10_000);
    expect(World.events(anna, "session")).toHaveLength(1);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("kept");
  });
});

describe("two writers under one client id", () => {
  test("DU12 a late frame that says other words than the log's does not go on from the log's", async () => {
    const world = new World(5);
    const said = (text: string, deletedFrom = text.length): Uint8Array => {
      const doc = new Y.Doc();
      doc.clientID = 77;
      doc.getText("t").insert(0, text);
      doc.getText("t").delete(deletedFrom, text.length - deletedFrom);
      return Y.encodeStateAsUpdate(doc);
    };
    const twin = world.member("bert");
    world.server.entries.push({
      ...{ cursor: "e1-twin" as Cursor, session: twin.session, userId: "bert" as UserId, upload: 1, seqTo: 1 },
      ...{ owners: [{ client: 77, userId: "bert" as UserId }], update: said("log") },
    });
    const [anna, bert] = await world.pair();
    const frame = (update: Uint8Array, seqTo: number): Frame => ({
      ...{ kind: "edit", session: bert.session, seqFrom: seqTo, seqTo, update, awareness: new Uint8Array(0) },
    });
    world.inject({ kind: "bye", session: twin.session }, twin.sender, groups.presence);
    world.inject(frame(said("not the log's"), 1), bert.sender);
    await world.clock.pass(100);
    expect(anna.text.toString()).toBe("log");
    // The new words are structs of their own, tombstones.
    world.inject(frame(said("lag and more", 3), 2), bert.sender);
    await world.clock.pass(100);
    expect(Y.getState(anna.doc.store, 77)).toBe(3);
    expect(anna.drops.count("foreign-client")).toBe(2);
    world.inject(frame(said("log and more"), 3), bert.sender);
    await world.clock.pass(100);
    expect(anna.text.toString()).toBe("log and more");
  });

  test("DU12 what two duplicated tabs wrote at once is all there, on both and at the server", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "together ");
    await world.clock.pass(3_000);
    const twin = world.member("anna", cloneOf(anna.doc));
    twin.doc.clientID = anna.doc.clientID;
    // Neither hears of the other before both have written.
    world.service.loses = () => true;
    twin.replica.connect();
    twin.text.insert(9, "left ");
    anna.text.insert(9, "right ");
    await world.clock.pass(2_000);
    world.service.loses = () => false;
    for (const { replica } of [anna, twin]) replica.wake("focus");
    await world.clock.pass(120_000);
    for (const doc of [anna.doc, twin.doc, world.server.doc()]) {
      expect(doc.getText("t").toString()).toContain("left ");
      expect(doc.getText("t").toString()).toContain("right ");
      expect(digestOf(doc)).toEqual(digestOf(world.server.doc()));
      expect(doc.getText("t").toString()).toBe(anna.text.toString());
    }
    expect(anna.doc.clientID).not.toBe(twin.doc.clientID);
    for (const { replica } of [anna, twin]) expect(replica.saveState).toBe("saved");
  });

  test("DU12 what is deleted here because the log gave its id to somebody else is saved, though no edit follows", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "together");
    await world.clock.pass(3_000);
    const shared = anna.doc.clientID;
    // Bert knows that all he holds of her is in the log.
    bert.replica.wake("focus");
    await world.clock.pass(1_000);
    const gone = cloneOf(anna.doc);
    const twin = world.member("anna", cloneOf(anna.doc));
    anna.replica.disconnect();
    const before = Y.encodeStateVector(gone);
    gone.clientID = shared;
    gone.getText("t").insert(8, " left");
    const update = Y.encodeStateAsUpdate(gone, before);
    world.inject(
      { kind: "edit", session: twin.session, seqFrom: 1, seqTo: 1, update, awareness: new Uint8Array(0) },
      twin.sender,
    );
    await world.clock.pass(100);
    expect(bert.text.toString()).toBe("together left");
    anna.doc.clientID = shared;
    anna.text.insert(8, " right");
    anna.replica.connect();
    await world.clock.pass(30_000);
    expect(bert.drops.count("client-clash")).toBe(1);
    expect(bert.text.toString()).toBe("together right");
    expect(bert.replica.saveState).toBe("saved");
    expect(bert.replica.unsyncedChanges).toBe(0);
    expect(digestOf(bert.doc)).toEqual(digestOf(world.server.doc()));
  });

  test("DU12 an id stays this session's after it has taken another: a twin's frame does not continue it here", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "together");
    await world.clock.pass(3_000);
    const shared = anna.doc.clientID;
    const late = cloneOf(anna.doc);
    const twin = world.member("anna", cloneOf(anna.doc));
    twin.doc.clientID = shared;
    twin.replica.connect();
    await world.clock.pass(3_000);
    expect(anna.doc.clientID).not.toBe(shared);
    const before = Y.encodeStateVector(late);
    late.clientID = shared;
    late.getText("t").insert(8, " late");
    const update = Y.encodeStateAsUpdate(late, before);
    const frame = { session: twin.session, seqFrom: 9, seqTo: 9, update, awareness: new Uint8Array(0) };
    world.inject({ kind: "edit", ...frame }, twin.sender);
    await world.clock.pass(100);
    expect(anna.text.toString()).toBe("together");
    expect(anna.drops.count("foreign-client")).toBe(1);
  });

  test("DU12 a copy that holds what the log has not spoken of takes nobody's live frame for its continuation", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "together");
    await world.clock.pass(3_000);
    const shared = anna.doc.clientID;
    const [mine, theirs] = [cloneOf(anna.doc), cloneOf(anna.doc)];
    for (const doc of [mine, theirs]) doc.clientID = shared;
    mine.getText("t").insert(8, " mine");
    theirs.getText("t").insert(8, " hers");
    const before = Y.encodeStateVector(theirs);
    theirs.getText("t").insert(13, " and more");
    const update = Y.encodeStateAsUpdate(theirs, before);
    const says = (seq: number) => {
      const frame = { session: anna.session, seqFrom: seq, seqTo: seq, update, awareness: new Uint8Array(0) };
      world.inject({ kind: "edit", ...frame }, anna.sender);
    };
    world.server.fails = (call) =>
      call === "upload" ? { kind: "unreachable", message: "down", retryAfterMs: null } : null;
    const copy = await world.joined("anna", mine);
    says(8);
    await world.clock.pass(100);
    expect([copy.text.toString(), copy.drops.count("foreign-client")]).toEqual(["together mine", 1]);
    // Once it was saved, its writer is the copy, and not who wrote what lies before.
    world.server.upAgain();
    await world.clock.pass(20_000);
    expect(world.server.doc().getText("t").toString()).toBe("together mine");
    says(9);
    await world.clock.pass(100);
    expect([copy.text.toString(), copy.drops.count("foreign-client")]).toEqual(["together mine", 2]);
  });

  test("DU12 a twin's words that only a snapshot holds are not mixed with the own ones, and nothing is shown as saved before", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "together ");
    await world.clock.pass(3_000);
    const twin = world.member("anna", cloneOf(anna.doc));
    twin.doc.clientID = anna.doc.clientID;
    // Neither hears of the other; the twin is offline while anna saves and the log is folded.
    world.service.loses = () => true;
    twin.text.insert(9, "left ");
    anna.text.insert(9, "right ");
    await world.clock.pass(3_000);
    world.server.compact();
    twin.replica.connect();
    let lost = false;
    for (let step = 0; step < 100; step++) {
      await world.clock.pass(50);
      const isThere = world.server.doc().getText("t").toString().includes("left ");
      if (twin.replica.saveState === "saved" && !isThere) lost = true;
    }
    world.service.loses = () => false;
    for (const { replica } of [anna, twin]) replica.wake("focus");
    await world.clock.pass(120_000);
    expect(lost).toBe(false);
    for (const { doc, replica } of [anna, twin]) {
      expect(doc.getText("t").toString()).toContain("left ");
      expect(doc.getText("t").toString()).toBe(world.server.doc().getText("t").toString());
      expect(replica.saveState).toBe("saved");
    }
  });

  test("DU12 who knows an id from the log alone does not let a twin's frame continue it", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "together");
    await world.clock.pass(3_000);
    const shared = anna.doc.clientID;
    const late = cloneOf(anna.doc);
    const twin = world.member("anna", cloneOf(anna.doc));
    const carl = await world.joined("carl");
    expect(carl.text.toString()).toBe("together");
    const before = Y.encodeStateVector(late);
    late.clientID = shared;
    late.getText("t").insert(8, " late");
    const update = Y.encodeStateAsUpdate(late, before);
    const frame = { session: twin.session, seqFrom: 1, seqTo: 1, update, awareness: new Uint8Array(0) };
    world.inject({ kind: "edit", ...frame }, twin.sender);
    await world.clock.pass(100);
    expect(carl.text.toString()).toBe("together");
    expect(carl.drops.count("foreign-client")).toBe(1);
  });

  test("DU12 a second provider on one Y.Doc (StrictMode) keeps the client id", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    const client = anna.doc.clientID;
    anna.replica.destroy();
    const again = world.member("anna", anna.doc);
    anna.doc.clientID = client;
    again.awareness.clientID = client;
    again.replica.connect();
    again.text.insert(0, "hello");
    await world.clock.pass(5_000);
    expect(again.doc.clientID).toBe(client);
    expect(again.replica.saveState).toBe("saved");
    expect(World.events(again, "session")).toEqual([]);
  });
});
