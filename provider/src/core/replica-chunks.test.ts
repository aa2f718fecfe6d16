import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { ChunkSets, chunksOf } from "./chunks.ts";
import { syncLimits } from "./limits.ts";
import type { SessionId } from "./ports.ts";
import { type Member, World } from "./testing/world.ts";
import { liveLimits, validateUpdate } from "./validate-update.ts";

/** Two members whose server cannot be reached. */
async function serverless(): Promise<{ readonly world: World; readonly anna: Member; readonly bert: Member }> {
  const world = new World();
  const [anna, bert] = await world.pair();
  world.server.down();
  return { world, anna, bert };
}

function chunkFrames(
  world: World,
): readonly Extract<ReturnType<World["service"]["frames"]>[number], { kind: "chunk" }>[] {
  return world.service.frames("chunk").filter((frame) => frame.kind === "chunk");
}

/** Structs that Yjs cannot join. */
function apart(member: Member, count: number): void {
  const map = member.doc.getMap("shapes");
  member.doc.transact(() => {
    for (let index = 0; index < count; index++) map.set(`shape ${index}`, index);
  });
}

describe("large edits while no server can be reached", () => {
  test("SY15 a pasted text reaches the others in chunks, and is saved when the server is back", async () => {
    const { world, anna, bert } = await serverless();
    anna.text.insert(0, "pasted ".repeat(30_000));
    await world.clock.pass(1_000);
    expect(bert.text.toString()).toBe(anna.text.toString());
    expect(anna.replica.saveState).toBe("at-risk");
    expect(bert.replica.queues.openGaps).toBe(0);
    for (const { update } of chunkFrames(world)) expect(update.length).toBeLessThanOrEqual(syncLimits.frameBytesMax);
    world.server.upAgain();
    await world.clock.pass(60_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.converged()).toBe(true);
  });

  test("SY15 many structs in one edit travel as chunks that each are cheap to apply", async () => {
    const { world, anna, bert } = await serverless();
    apart(anna, 3_000);
    await world.clock.pass(1_000);
    expect(bert.doc.getMap("shapes").size).toBe(3_000);
    const frames = chunkFrames(world);
    expect(frames.length).toBeGreaterThanOrEqual(6);
    for (const { update } of frames) expect(validateUpdate(update, liveLimits).ok).toBe(true);
    expect(bert.drops.count("invalid-update: too-many-structs")).toBe(0);
  });

  test("SY15 a single value that cannot be cut travels in one chunk; edits after it follow", async () => {
    const { world, anna, bert } = await serverless();
    anna.doc.getMap("files").set("picture", new Uint8Array(200_000).fill(7));
    await world.clock.pass(500);
    anna.text.insert(0, "below the picture");
    await world.clock.pass(1_000);
    expect(bert.doc.getMap("files").get("picture")).toEqual(new Uint8Array(200_000).fill(7));
    expect(bert.text.toString()).toBe("below the picture");
    expect(chunkFrames(world)).toHaveLength(1);
  });

  test("SY15 with the server there nothing is chunked: it goes up, and a pointer says so", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "pasted ".repeat(30_000));
    await world.clock.pass(3_000);
    expect(bert.text.toString()).toBe(anna.text.toString());
    expect(chunkFrames(world)).toHaveLength(0);
    expect(world.service.frames("pointer").length).toBeGreaterThan(0);
  });

  test("SY15 SY8 a chunk that was lost is asked for", async () => {
    const { world, anna, bert } = await serverless();
    let lost = 0;
    world.service.loses = ({ frame }, receiver) =>
      frame.kind === "chunk" && frame.index === 1 && receiver === bert.sender && lost++ === 0;
    apart(anna, 2_000);
    await world.clock.pass(300);
    expect(lost).toBe(1);
    expect(bert.replica.queues.openGaps).toBe(1);
    await world.clock.pass(30_000);
    expect(bert.doc.getMap("shapes").size).toBe(2_000);
    expect(bert.replica.queues.openGaps).toBe(0);
  });

  test("SY15 SY7 who heard none of the chunks hears of them by the tail", async () => {
    const { world, anna, bert } = await serverless();
    world.service.loses = ({ frame }, receiver) => frame.kind === "chunk" && receiver === bert.sender;
    apart(anna, 2_000);
    await world.clock.pass(300);
    expect(bert.replica.queues.openGaps).toBe(0);
    world.service.loses = () => false;
    await world.clock.pass(30_000);
    expect(bert.doc.getMap("shapes").size).toBe(2_000);
  });

  test("SY15 SY4 who comes while the server is down is answered with chunks too", async () => {
    const { world, anna } = await serverless();
    anna.text.insert(0, "pasted ".repeat(10_000));
    await world.clock.pass(3_000);
    world.server.fails = (call) =>
      call === "negotiate" ? null : { kind: "unreachable", message: "server down", retryAfterMs: null };
    const carla = await world.joined("carla");
    await world.clock.pass(3_000);
    expect(carla.text.toString()).toBe(anna.text.toString());
  });

  test("SY15 ID4 ID10 chunks are judged as frames are: invalid, too large or foreign ones change nothing", async () => {
    const { world, anna, bert } = await serverless();
    bert.text.insert(0, "bert's own");
    await world.clock.pass(500);
    const chunk = { kind: "chunk", session: anna.session, seqFrom: 90, seqTo: 90, index: 0, count: 2 } as const;
    const forged = new Y.Doc();
    forged.clientID = bert.doc.clientID;
    forged.getText("t").insert(0, "not bert's, and long enough to go on after what bert has written");
    const before = bert.text.toString();
    world.inject({ ...chunk, update: Y.encodeStateAsUpdate(forged) }, anna.sender);
    world.inject({ ...chunk, index: 1, update: Uint8Array.of(1, 2, 3) }, anna.sender);
    world.inject({ ...chunk, index: 1, update: new Uint8Array(syncLimits.chunkBytesMax + 1) }, anna.sender);
    await world.clock.pass(500);
    expect(bert.text.toString()).toBe(before);
    expect(bert.drops.count("foreign-client")).toBe(1);
    expect(bert.drops.count("frame-too-large")).toBe(1);
  });
});

describe("chunk sets", () => {
  const session = "AAAAAAAAAAAAAAAA" as SessionId;
  const chunk = (seq: number, index: number, count = 3) => ({
    ...{ session, seqFrom: seq, seqTo: seq, update: new Uint8Array(0) },
    chunk: { index, count },
  });

  test("SY15 batches are whole when each index was applied, in any order and however often", () => {
    const sets = new ChunkSets();
    expect([2, 0, 0, 2, 1].map((index) => sets.applied(chunk(1, index)))).toEqual([false, false, false, false, true]);
    expect(sets.applied({ session, seqFrom: 2, seqTo: 2, update: new Uint8Array(0) })).toBe(true);
  });

  test("SY15 sets that are never completed are forgotten, the oldest first", () => {
    const sets = new ChunkSets();
    for (let seq = 1; seq <= syncLimits.chunkSetsMax + 1; seq++) sets.applied(chunk(seq, 0, 2));
    expect(sets.applied(chunk(1, 1, 2))).toBe(false);
    expect(sets.applied(chunk(syncLimits.chunkSetsMax, 1, 2))).toBe(true);
  });

  test("SY15 what has no parts that may travel live has no chunks", () => {
    const doc = new Y.Doc();
    doc.getMap("files").set("film", new Uint8Array(syncLimits.chunkBytesMax));
    expect(chunksOf(Y.encodeStateAsUpdate(doc))).toBe(null);
  });
});
