import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { sha256 } from "./digest.ts";
import type { Frame } from "./frame.ts";
import type { Cursor, GroupName, LogEntry, UploadBatch } from "./ports.ts";
import type { PublishedEntry } from "./published-entry.ts";
import type { PaceOptions } from "./replica-contract.ts";
import { groups } from "./testing/fake-service.ts";
import { type Member, World } from "./testing/world.ts";

/** What the worlds' crypto takes for the server's. */
const signature = Uint8Array.from({ length: 64 }, () => 1);
const forged = new Uint8Array(64);

/** A world whose server publishes what it has stored. */
function authoritative(pace?: PaceOptions): World {
  const world = new World(1, pace);
  world.server.tickets = () => ({ mode: "authoritative" });
  world.server.signature = signature;
  world.server.appended = (entry, batch) => publish(world, published(entry, batch));
  return world;
}

function published({ userId, owners }: LogEntry, batch: UploadBatch): readonly PublishedEntry[] {
  const { session, seqFrom, seqTo, update } = batch;
  return seqFrom === undefined ? [] : [{ session, userId, seqFrom, seqTo, owners, update }];
}

let notices = 0;
function publish(world: World, entries: readonly PublishedEntry[], words: { signature?: Uint8Array } = {}): void {
  const notice = { type: "entries", entries } as const;
  const place = { group: groups.data, generation: 1, accessEpoch: 1, counter: ++notices, notice };
  world.inject({ kind: "server", ...place, signature, ...words }, null);
}

function editOf(member: Member, text: string, update = new Y.Doc()): Extract<Frame, { kind: "edit" }> {
  update.clientID = 77;
  update.getText("t").insert(0, text);
  const { session } = member;
  const awareness = new Uint8Array(0);
  return { kind: "edit", session, seqFrom: 1, seqTo: 1, update: Y.encodeStateAsUpdate(update), awareness };
}

function kindsOut({ replica }: Member): readonly string[] {
  return Object.entries(replica.traffic.kinds)
    .filter(([, { framesOut }]) => framesOut > 0)
    .map(([kind]) => kind);
}

describe("authoritative documents", () => {
  test("AU1 AU2 writers publish no edits: what the server has stored reaches the others, and soon", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    for (const letter of "hello") {
      anna.text.insert(anna.text.length, letter);
      await world.clock.pass(100);
    }
    expect(bert.text.toString()).toBe("hello");
    bert.text.insert(5, "!");
    await world.clock.pass(200);
    expect(anna.text.toString()).toBe("hello!");
    expect([anna.replica.saveState, bert.replica.saveState]).toEqual(["saved", "saved"]);
    await world.clock.pass(5_000);
    for (const member of [anna, bert]) {
      expect(kindsOut(member)).not.toContain("edit");
      expect(kindsOut(member)).not.toContain("tail");
      expect(kindsOut(member)).toContain("receipt");
    }
    expect(bert.replica.queues.openGaps).toBe(0);
  });

  test("AU1 a member's own frames on the data group are dropped, though the service let them through", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    const upload = { upload: 1, hash: sha256(new Uint8Array(0)) };
    world.inject(editOf(anna, "never stored"), anna.sender);
    world.inject({ kind: "tail", session: anna.session, seq: 9 }, anna.sender);
    world.inject({ kind: "pointer", session: anna.session, seqFrom: 9, seqTo: 9, ...upload }, anna.sender);
    await world.clock.pass(1_000);
    expect(bert.text.toString()).toBe("");
    expect(bert.drops.count("not-from-server")).toBe(3);
    expect(bert.replica.queues.openGaps).toBe(0);
  });

  test("AU2 entries that the server did not sign, or for another room, are dropped", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    const { session, update } = editOf(anna, "forged");
    const entry = { session, userId: "anna", seqFrom: 1, seqTo: 1, owners: [], update } as unknown as PublishedEntry;
    publish(world, [entry], { signature: forged });
    const notice = { type: "entries", entries: [entry] } as const;
    const elsewhere = { group: "other" as GroupName, generation: 1, accessEpoch: 1, counter: ++notices, notice };
    world.inject({ kind: "server", ...elsewhere, signature }, null);
    await world.clock.pass(1_000);
    expect(bert.text.toString()).toBe("");
    expect([bert.drops.count("bad-signature"), bert.drops.count("stale-notice")]).toEqual([1, 1]);
  });

  test("AU3 a server that dies between append and publish hides nothing: the author shows the receipt", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    world.server.appended = () => undefined;
    anna.text.insert(0, "stored, never published");
    await world.clock.pass(500);
    expect(anna.replica.saveState).toBe("saved");
    expect(bert.text.toString()).toBe("");
    await world.clock.pass(3_000);
    expect(bert.text.toString()).toBe("stored, never published");
  });

  test("AU3 a receipt that the server did not sign makes nobody read the log", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    const words = { upload: 4, hash: sha256(new Uint8Array(0)), cursor: "e4" as Cursor, seqTo: 4 };
    world.server.calls.length = 0;
    world.inject({ kind: "receipt", session: anna.session, ...words, signature: forged }, anna.sender, groups.presence);
    await world.clock.pass(3_000);
    expect(bert.drops.count("bad-receipt")).toBe(1);
    expect(bert.replica.queues.openGaps).toBe(0);
    expect(world.server.calls).not.toContain("log");
  });

  test("AU2 an entry that was lost is a gap when the next one comes, and the log fills it", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    const publishes = world.server.appended;
    world.server.appended = () => undefined;
    anna.text.insert(0, "ab");
    await world.clock.pass(200);
    world.server.appended = publishes;
    anna.text.delete(0, 1);
    await world.clock.pass(200);
    expect(bert.replica.queues.openGaps).toBe(1);
    await world.clock.pass(2_000);
    expect(bert.text.toString()).toBe("b");
    expect(bert.replica.queues.openGaps).toBe(0);
  });

  test("AU2 what is too large for a frame is read from the log", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    const large = editOf(anna, "x".repeat(70_000));
    const owners = [{ client: 77, userId: "anna" }];
    const { session, update } = large;
    publish(world, [{ session, userId: "anna", seqFrom: 1, seqTo: 1, owners, update } as unknown as PublishedEntry]);
    world.server.calls.length = 0;
    await world.clock.pass(3_000);
    expect(world.server.calls).toContain("log");
    expect(bert.drops.count("frame-too-large")).toBe(1);
    expect(bert.drops.count("member-muted")).toBe(0);
  });

  test("AU2 SY5 who writes is counted by what the server says, so that windows grow with the writers", async () => {
    const world = authoritative({ policy: "economy", unitsPerHour: null });
    const [anna, ...others]: readonly [Member, ...Member[]] = await world.pair();
    for (let at = 0; at < 6; at++) others.push(await world.joined(`guest ${at}`));
    await world.clock.pass(5_000);
    const uploadsIn = async (writers: readonly Member[]): Promise<number> => {
      world.server.uploads.length = 0;
      for (let key = 0; key < 50; key++) {
        for (const { text } of writers) text.insert(0, "k");
        await world.clock.pass(200);
      }
      return world.server.uploads.length / writers.length;
    };
    const alone = await uploadsIn([anna]);
    await world.clock.pass(5_000);
    const together = await uploadsIn([anna, ...others]);
    expect(together).toBeLessThan(alone / 2);
    await world.clock.pass(10_000);
    expect(world.converged()).toBe(true);
  });

  test("DU1 alone in the room nobody waits: uploads take their usual time", async () => {
    const world = authoritative();
    const anna = await world.joined("anna");
    await world.clock.pass(5_000);
    for (const letter of "hello") {
      anna.text.insert(anna.text.length, letter);
      await world.clock.pass(100);
    }
    expect(world.server.uploads).toHaveLength(0);
    await world.clock.pass(2_000);
    expect(world.server.uploads).toHaveLength(1);
  });

  test("AU4 with the server down nothing goes out and nothing is lost", async () => {
    const world = authoritative();
    const [anna, bert] = await world.pair();
    world.server.down();
    anna.text.insert(0, "waits");
    await world.clock.pass(5_000);
    expect(bert.text.toString()).toBe("");
    expect(anna.replica.saveState).toBe("at-risk");
    world.server.upAgain();
    await world.clock.pass(31_000);
    expect(bert.text.toString()).toBe("waits");
    expect(world.converged()).toBe(true);
  });

  test("AU4 a server that fails is tried again with pauses, however much is typed", async () => {
    const world = authoritative();
    const [anna] = await world.pair();
    world.server.down();
    world.server.calls.length = 0;
    for (let key = 0; key < 100; key++) {
      anna.text.insert(0, "k");
      await world.clock.pass(100);
    }
    expect(world.server.calls.filter((call) => call === "upload").length).toBeLessThan(20);
  });

  test("AU2 a newcomer reads the log first, and then what was published meanwhile", async () => {
    const world = authoritative();
    const [anna] = await world.pair();
    anna.text.insert(0, "first");
    await world.clock.pass(1_000);
    world.server.latencyMs = 300;
    const carla = world.member("carla");
    carla.replica.connect();
    await world.clock.pass(500);
    anna.text.insert(5, " second");
    await world.clock.pass(5_000);
    expect(carla.text.toString()).toBe("first second");
    expect(carla.replica.queues.openGaps).toBe(0);
  });
});
