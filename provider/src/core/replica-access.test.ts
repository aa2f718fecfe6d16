import { describe, expect, test } from "vitest";
import { World } from "./testing/world.ts";

describe("a replica whose access changes", () => {
  test("AC4 a check that names another access epoch makes it negotiate anew", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.calls.length = 0;
    world.server.accessEpoch = 2;
    anna.replica.wake("focus");
    await world.clock.pass(15_000);
    expect(world.server.calls).toContain("negotiate");
    expect(anna.replica.synced).toBe(true);
    world.server.calls.length = 0;
    anna.replica.wake("focus");
    await world.clock.pass(15_000);
    expect(world.server.calls).toContain("head");
    expect(world.server.calls).not.toContain("negotiate");
  });

  test("AC4 an upload that is refused makes it negotiate anew: a reader keeps its edits and uploads them as a writer", async () => {
    const world = new World();
    const anna = await world.joined("anna");
    world.server.fails = (call) =>
      call === "upload" && world.server.role === "reader"
        ? { kind: "refused", message: "may read only", code: "read-only" }
        : null;
    world.server.role = "reader";
    anna.text.insert(0, "mine");
    await world.clock.pass(10_000);
    expect(anna.replica.role).toBe("reader");
    expect(anna.replica.status).toBe("connected");
    expect(anna.text.toString()).toBe("mine");
    expect(anna.replica.unsyncedChanges).toBe(1);
    const tries = world.server.calls.filter((call) => call === "upload").length;
    await world.clock.pass(120_000);
    expect(world.server.calls.filter((call) => call === "upload").length).toBe(tries);
    world.server.role = "writer";
    world.server.accessEpoch = 2;
    anna.replica.wake("focus");
    await world.clock.pass(30_000);
    expect(anna.replica.role).toBe("writer");
    expect(anna.replica.unsyncedChanges).toBe(0);
    expect(world.server.doc().getText("t").toString()).toBe("mine");
  });

  test("AC4 one who is refused when it negotiates anew is refused, and keeps its edits", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    world.server.fails = () => ({ kind: "refused", message: "revoked", code: "forbidden" });
    anna.text.insert(0, "mine");
    await world.clock.pass(10_000);
    expect([anna.replica.status, anna.replica.reason]).toEqual(["refused", "forbidden"]);
    expect([anna.text.toString(), anna.replica.unsyncedChanges]).toEqual(["mine", 1]);
    expect(bert.replica.status).toBe("connected");
  });
});
