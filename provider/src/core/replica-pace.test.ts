import { describe, expect, test } from "vitest";
import { World } from "./testing/world.ts";

describe("pace and traffic", () => {
  test("PR2 the caret that an editor moves after its edit rides in the edit's frame", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.sent.length = 0;
    for (const letter of "hello") {
      anna.text.insert(anna.text.length, letter);
      anna.awareness.setLocalStateField("cursor", anna.text.length);
      await world.clock.pass(200);
    }
    expect(world.service.frames("presence")).toEqual([]);
    expect(world.service.frames("edit")).toHaveLength(5);
    expect(bert.awareness.getStates().get(anna.awareness.clientID)).toEqual({ cursor: 5 });
  });

  test("SY5 economy sends fewer frames than keys, with the last caret in the last one, and everything arrives", async () => {
    const world = new World(1, { policy: "economy", unitsPerHour: null });
    const [anna, bert] = await world.pair();
    world.service.sent.length = 0;
    for (let key = 0; key < 20; key++) {
      anna.text.insert(anna.text.length, "k");
      anna.awareness.setLocalStateField("cursor", anna.text.length);
      await world.clock.pass(200);
    }
    await world.clock.pass(1_000);
    expect(world.service.frames("edit").length).toBeLessThanOrEqual(9);
    expect(world.service.frames("presence")).toEqual([]);
    expect(bert.text.length).toBe(20);
    expect(bert.awareness.getStates().get(anna.awareness.clientID)).toEqual({ cursor: 20 });
  });

  test("SY5 a spent budget delays edits for the room, never their upload, and loses none", async () => {
    const world = new World(1, { policy: "responsive", unitsPerHour: 60 });
    const [anna, bert] = await world.pair();
    for (let key = 0; key < 100; key++) {
      anna.text.insert(anna.text.length, "k");
      await world.clock.pass(200);
    }
    const spent = anna.replica.traffic.unitsOut.perMessage;
    expect(spent).toBeLessThan(20);
    await world.clock.pass(6_000);
    expect(anna.replica.saveState).toBe("saved");
    await world.clock.pass(60_000);
    expect(bert.text.length).toBe(100);
  });

  test("SY6 alone an hour of typing costs the hellos only", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    await world.clock.pass(5_000);
    const before = anna.replica.traffic.framesOut;
    for (let key = 0; key < 300; key++) {
      anna.text.insert(0, "k");
      await world.clock.pass(12_000);
    }
    expect(anna.replica.traffic.framesOut).toBe(before);
    expect(anna.replica.traffic.unitsOut.perMessage).toBe(0);
  });

  test("the meter says what the room cost: deliveries to others, and to oneself", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const before = bert.replica.traffic;
    anna.text.insert(0, "one");
    await world.clock.pass(3_000);
    const after = bert.replica.traffic;
    expect(after.kinds["edit"]).toMatchObject({ framesIn: 1, unitsIn: { perMessage: 1 }, framesOut: 0 });
    expect(after.kinds["tail"]).toMatchObject({ framesIn: 1 });
    expect(after.unitsIn.perMessage - before.unitsIn.perMessage).toBe(2);
    expect(anna.replica.traffic.kinds["edit"]).toMatchObject({ framesOut: 1, unitsOut: { perMessage: 1 } });
  });
});
