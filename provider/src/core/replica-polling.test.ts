import { describe, expect, test } from "vitest";
import { World } from "./testing/world.ts";

describe("polling", () => {
  test("SY10 the log is polled when the service's own recovery takes long", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    const link = world.service.links.find(({ name }) => name === bert.sender);
    link?.tell({ type: "interrupted" });
    world.service.loses = (_sent, receiver) => receiver === bert.sender;
    anna.text.insert(0, "meanwhile");
    await world.clock.pass(8_000);
    expect(bert.text.toString()).toBe("meanwhile");
    expect(bert.replica.link).toBe("polling");
    expect(bert.replica.synced).toBe(true);
    bert.text.insert(0, "answered ");
    await world.clock.pass(3_000);
    expect(world.server.uploads.at(-1)).toMatchObject({ session: bert.session, announce: true });
  });

  test("SY10 with the service down the log is polled and uploads are announced", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.cut();
    await world.clock.pass(2_000);
    expect(anna.replica.link).toBe("polling");
    expect(anna.replica.synced).toBe(true);
    anna.text.insert(0, "by HTTP");
    await world.clock.pass(12_000);
    expect(bert.text.toString()).toBe("by HTTP");
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.uploads.at(-1)?.announce).toBe(true);
    world.service.up = true;
    await world.clock.pass(40_000);
    expect(anna.replica.link).toBe("live");
  });

  test("SY10 the log is polled while a dial takes long", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.service.dialMs = 60_000;
    world.service.links.find(({ name }) => name === bert.sender)?.tell({ type: "closed", reason: "gone" });
    anna.text.insert(0, "meanwhile");
    await world.clock.pass(8_000);
    expect(bert.text.toString()).toBe("meanwhile");
    expect(bert.replica.link).toBe("polling");
  });

  test("SY10 a link that comes back at once, and a server that is down, are not polled for", async () => {
    const world = new World();
    await world.pair();
    world.server.down();
    world.service.cut();
    world.server.calls.length = 0;
    await world.clock.pass(30_000);
    expect(world.server.calls).toContain("negotiate");
    expect(world.server.calls).not.toContain("log");
    world.service.up = true;
    world.server.upAgain();
    world.server.calls.length = 0;
    await world.clock.pass(40_000);
    expect(world.server.calls.filter((call) => call === "negotiate")).toHaveLength(2);
    expect(world.server.calls.filter((call) => call === "log")).toHaveLength(2);
  });

  test.each([
    [10, 100, 130],
    [500, 10, 30],
  ])("SY10 a server that answers within %i ms is polled %i to %i times a minute by two people", async (...row) => {
    const [latencyMs, least, most] = row;
    const world = new World();
    const [anna] = await world.pair();
    world.service.cut();
    await world.clock.pass(5_000);
    Object.assign(world.server, { latencyMs, pageEntries: 100 });
    world.server.calls.length = 0;
    for (let second = 0; second < 60; second++) {
      anna.text.insert(0, "x");
      await world.clock.pass(1_000);
    }
    const reads = world.server.calls.filter((call) => call === "log").length;
    expect(reads).toBeGreaterThanOrEqual(least);
    expect(reads).toBeLessThanOrEqual(most);
  });
});
