import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { encodeFrame } from "./frame.ts";
import { floodLimits } from "./limits.ts";
import { groups } from "./testing/fake-service.ts";
import { bytesOf, hostileUpdates, infinity, parts, stateDependent, throwsWhenApplied } from "./testing/hostile.ts";
import { hostileAwareness } from "./testing/hostile-awareness.ts";
import { type Member, World } from "./testing/world.ts";

const nothing = new Uint8Array(0);

/** Anna and Bert work; Mallory is a writer of the room who sends whatever she likes. */
async function room(): Promise<{ world: World; anna: Member; bert: Member; mallory: Member }> {
  const world = new World(5);
  const [anna, bert] = await world.pair();
  const mallory = await world.joined("mallory");
  anna.text.insert(0, "honest ");
  await world.clock.pass(3_000);
  return { world, anna, bert, mallory };
}

/** As Mallory's next frame. */
function sends(world: World, mallory: Member): (update: Uint8Array) => void {
  let seq = 1_000;
  return (update) => {
    seq++;
    const frame = {
      kind: "edit",
      session: mallory.session,
      seqFrom: seq,
      seqTo: seq,
      update,
      awareness: nothing,
    } as const;
    world.inject(frame, mallory.sender);
  };
}

/** Both still edit with each other, and what they wrote is there and saved. */
async function goOn(world: World, anna: Member, bert: Member, text: string): Promise<void> {
  bert.text.insert(bert.text.length, "work");
  await world.clock.pass(20_000);
  for (const { text: seen, replica, doc } of [anna, bert]) {
    expect(seen.toString()).toBe(text);
    expect(replica.saveState).toBe("saved");
    expect([doc.store.pendingStructs, doc.store.pendingDs]).toEqual([null, null]);
  }
}

describe("hostile updates in a room: nobody's edits are lost or forged", () => {
  // One a world: three are enough for the sender not to be heard any more.
  test.each(hostileUpdates)("SY11 H3 H8 H9 H10 $name", async ({ bytes, problem }) => {
    const { world, anna, bert, mallory } = await room();
    const before = Y.encodeStateAsUpdate(anna.doc);
    sends(world, mallory)(bytes);
    await world.clock.pass(100);
    expect(Y.encodeStateAsUpdate(anna.doc)).toEqual(before);
    const counted =
      anna.drops.count(`invalid-update: ${problem}`) + anna.drops.count("invalid-update: update-too-large");
    expect(counted + anna.drops.count("frame-too-large")).toBe(1);
    await goOn(world, anna, bert, "honest work");
  });

  test.each(stateDependent)("SY11 ID4 $name is held, bounded, and never applied", async ({ bytes }) => {
    const { world, anna, bert, mallory } = await room();
    sends(world, mallory)(bytes);
    await goOn(world, anna, bert, "honest work");
  });

  test("ID4 H1 clock theft: garbage at the next clock of somebody who is offline", async () => {
    const { world, anna, bert, mallory } = await room();
    bert.replica.disconnect();
    bert.text.insert(7, "offline ");
    const clock = Y.getState(anna.doc.store, bert.doc.clientID);
    sends(world, mallory)(bytesOf(parts(1, 1, bert.doc.clientID, clock, 0, 8, 0)));
    await world.clock.pass(1_000);
    expect(anna.drops.count("foreign-client")).toBe(1);
    bert.replica.connect();
    await world.clock.pass(5_000);
    await goOn(world, anna, bert, "honest offline work");
  });

  test("SY11 H2 a deletion of everything that anna will write", async () => {
    const { world, anna, bert, mallory } = await room();
    sends(world, mallory)(bytesOf(parts(0, 1, anna.doc.clientID, 1, 0, 2 ** 39)));
    await world.clock.pass(1_000);
    anna.text.insert(7, "later ");
    await world.clock.pass(3_000);
    await goOn(world, anna, bert, "honest later work");
  });

  test("SY11 half-applied updates: what Yjs throws at leaves a fresh document, with all that was saved", async () => {
    const { world, anna, mallory } = await room();
    sends(world, mallory)(throwsWhenApplied);
    await world.clock.pass(10_000);
    const fresh = World.events(anna, "reload").at(-1)?.doc ?? anna.doc;
    expect(fresh.getText("t").toString()).toBe("honest ");
  });

  test("SY12 replays of honest frames change nothing", async () => {
    const { world, anna, bert } = await room();
    const before = Y.encodeStateAsUpdate(anna.doc);
    for (const sent of [...world.service.sent]) world.service.inject({ ...sent });
    await world.clock.pass(1_000);
    expect(Y.encodeStateAsUpdate(anna.doc)).toEqual(before);
    await goOn(world, anna, bert, "honest work");
  });

  test("ID2 a foreign session: nobody speaks, leaves or says hello for others", async () => {
    const { world, anna, bert, mallory } = await room();
    bert.awareness.setLocalState({ here: true });
    await world.clock.pass(1_000);
    const { session } = bert;
    world.inject({ kind: "bye", session }, mallory.sender, groups.presence);
    world.inject({ kind: "hello", session, round: 0, clientIds: [1] }, mallory.sender, groups.presence);
    world.inject({ kind: "tail", session, seq: 2 ** 40 }, mallory.sender);
    world.inject({ kind: "bye", session }, null, groups.presence);
    await world.clock.pass(1_000);
    // A hello asks for an answer, whoever says it; it changes nothing.
    expect(anna.drops.count("foreign-session")).toBe(3);
    expect(anna.awareness.getStates().get(bert.doc.clientID)).toEqual({ here: true });
    expect(anna.replica.queues.openGaps).toBe(0);
  });
});

describe("hostile presence in a room", () => {
  test.each(hostileAwareness)("ID6 H8 H12 $name", async ({ bytes }) => {
    const { world, anna, bert, mallory } = await room();
    const awareness = bytes;
    world.inject(
      { kind: "presence", session: mallory.session, clientIds: [], awareness },
      mallory.sender,
      groups.presence,
    );
    await world.clock.pass(100);
    expect([...anna.awareness.getStates().keys()]).toEqual([anna.doc.clientID]);
    await goOn(world, anna, bert, "honest work");
  });

  test("ID6 H13 H14 another's entry, with a clock that its owner could never pass", async () => {
    const { world, anna, bert, mallory } = await room();
    const state = JSON.stringify({ forged: true });
    const awareness = bytesOf(parts(1, bert.doc.clientID, 2 ** 39, state));
    world.inject(
      { kind: "presence", session: mallory.session, clientIds: [], awareness },
      mallory.sender,
      groups.presence,
    );
    bert.awareness.setLocalState({ real: true });
    await world.clock.pass(1_000);
    expect(anna.awareness.getStates().get(bert.doc.clientID)).toEqual({ real: true });
  });

  test("ID4 nobody else can name the id that this session writes with: its own edits stay its own", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    const mallory = await world.joined("mallory");
    world.inject(
      { kind: "presence", session: mallory.session, clientIds: [anna.doc.clientID], awareness: bytesOf(parts(0)) },
      mallory.sender,
      groups.presence,
    );
    await world.clock.pass(100);
    anna.text.insert(0, "honest ");
    await world.clock.pass(3_000);
    // Her own entry comes back from the log while more of hers is on its way there.
    anna.text.insert(0, "and ");
    anna.replica.wake("focus");
    await world.clock.pass(3_000);
    expect(World.events(anna, "reload")).toEqual([]);
    await goOn(world, anna, bert, "and honest work");
  });

  test("PR3 H7 a leave with an empty state is seen at once", async () => {
    const { world, anna, bert } = await room();
    bert.awareness.setLocalState({ here: true });
    await world.clock.pass(1_000);
    bert.awareness.setLocalState(null);
    await world.clock.pass(1_000);
    expect(anna.awareness.getStates().has(bert.doc.clientID)).toBe(false);
  });
});

test("ID10 a flood of hostile bytes is cut off, and costs nobody an edit", async () => {
  const { world, anna, bert, mallory } = await room();
  const send = sends(world, mallory);
  for (let count = 0; count < 500; count++) send(bytesOf(parts(1, 1, infinity, 0, 0, 1, 0)));
  await world.clock.pass(100);
  expect(anna.drops.count("invalid-update: bad-varint")).toBe(floodLimits.strikesMax);
  expect(anna.drops.count("flood")).toBe(500 - floodLimits.strikesMax);
  world.service.inject({
    group: groups.data,
    bytes: encodeFrame({ kind: "bye", session: bert.session }),
    from: bert.sender,
  });
  await goOn(world, anna, bert, "honest work");
});
