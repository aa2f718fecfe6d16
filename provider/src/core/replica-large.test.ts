import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { durabilityLimits } from "./limits.ts";
import { World } from "./testing/world.ts";

describe("more than one upload can carry", () => {
  test("DU1 one edit larger than an upload is saved in parts, and everybody gets it whole", async () => {
    const world = new World();
    world.server.uploadBytesMax = 60_000;
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "pasted ".repeat(50_000));
    await world.clock.pass(30);
    expect(anna.replica.saveState).toBe("saving");
    await world.clock.pass(10_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(World.events(anna, "connection-error")).toEqual([]);
    expect(world.server.uploads.length).toBeGreaterThan(5);
    expect(bert.text.toString()).toBe(anna.text.toString());
    expect(world.converged()).toBe(true);
  });

  test("DU6 a large document that was here before is uploaded in parts", async () => {
    const world = new World();
    world.server.uploadBytesMax = 60_000;
    const doc = new Y.Doc();
    const anna = world.member("anna", doc);
    anna.replica.destroy();
    doc.getText("t").insert(0, "from a local store ".repeat(20_000));
    const again = world.member("anna", doc);
    again.replica.connect();
    await world.clock.pass(10_000);
    expect(again.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe(doc.getText("t").toString());
  });

  test("DU7 a server that lost more than an upload carries is brought up in parts", async () => {
    const world = new World();
    world.server.uploadBytesMax = 60_000;
    const anna = await world.joined("anna");
    for (let at = 0; at < 8; at++) {
      anna.text.insert(anna.text.length, "line ".repeat(8_000));
      await world.clock.pass(3_000);
    }
    expect(anna.replica.saveState).toBe("saved");
    world.server.lose();
    anna.text.insert(anna.text.length, "the end");
    await world.clock.pass(60_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe(anna.text.toString());
  });

  test("DU1 pagehide sends the oldest that fit into a keepalive request; the rest follows when the page is back", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.latencyMs = 400;
    anna.text.insert(0, "unsaved ".repeat(30_000));
    world.server.calls.length = 0;
    anna.replica.flush({ keepalive: true });
    expect(world.server.calls).toEqual(["upload-keepalive"]);
    await world.clock.pass(500);
    // The first was under way already, and was given up: it may have died with the page.
    const [, sent] = world.server.uploads;
    expect(sent?.update.length).toBeGreaterThan(durabilityLimits.keepaliveBytesMax / 2);
    expect(sent?.update.length).toBeLessThanOrEqual(durabilityLimits.keepaliveBytesMax);
    expect(anna.replica.saveState).not.toBe("saved");
    anna.replica.wake("resume");
    await world.clock.pass(10_000);
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe(anna.text.toString());
  });
});

test("DU5 what a reader holds and the server lacks is not called saved", async () => {
  const world = new World();
  world.server.role = "reader";
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "only here");
  const rita = await world.joined("rita", doc);
  expect(rita.replica.saveState).toBe("at-risk");
  world.server.role = "writer";
  rita.replica.disconnect();
  rita.replica.connect();
  await world.clock.pass(5_000);
  expect(rita.replica.saveState).toBe("saved");
  expect(world.server.doc().getText("t").toString()).toBe("only here");
});
