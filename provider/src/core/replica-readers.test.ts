import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { UserId } from "./ports.ts";
import { deletionsUpdate } from "./select.ts";
import { World } from "./testing/world.ts";

describe("readers", () => {
  test("SY13 Yjs does not tidy formatting in a reader's document: it stays equal to the server's", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "bold words");
    anna.text.format(0, 4, { bold: true });
    await world.clock.pass(3_000);
    world.server.role = "reader";
    const bert = await world.joined("bert");
    // Somebody deletes the bold word alone: the two format marks around it are of no use any more.
    const update = deletionsUpdate([{ client: anna.doc.clientID, clock: 0, length: 4 }]);
    const tidy = new Y.Doc();
    tidy.getText("t");
    Y.applyUpdate(tidy, Y.encodeStateAsUpdate(anna.doc));
    let tidied = 0;
    tidy.on("update", (_update: Uint8Array, origin: unknown) => {
      if (origin !== "foreign") tidied++;
    });
    Y.applyUpdate(tidy, update, "foreign");
    let ownUpdates = 0;
    bert.doc.on("update", (_update: Uint8Array, origin: unknown) => {
      if (origin !== bert.replica) ownUpdates++;
    });
    world.server.entries.push({
      ...{ cursor: "e99" as never, session: anna.session, userId: "anna" as UserId, upload: 99, seqTo: 99 },
      ...{ owners: [], update },
    });
    bert.replica.wake("focus");
    await world.clock.pass(3_000);
    expect(bert.text.toString()).toBe(" words");
    expect(tidied).toBeGreaterThan(0);
    expect(ownUpdates).toBe(0);
  });

  test("SY9 a reader shows what nobody saved for as long as its author is there, and then what is stored", async () => {
    const world = new World(5);
    const anna = await world.joined("anna");
    anna.text.insert(0, "saved");
    await world.clock.pass(10_000);
    world.server.role = "reader";
    const bert = await world.joined("bert");
    const carl = await world.joined("carl");
    carl.text.insert(0, "my own note, ");
    world.server.fails = (call) =>
      call.startsWith("upload") ? { kind: "unreachable", message: "down", retryAfterMs: null } : null;
    anna.text.insert(5, " and not");
    const look = async (): Promise<void> => {
      bert.replica.wake("focus");
      carl.replica.wake("focus");
      await world.clock.pass(200_000);
    };
    await look();
    expect(bert.text.toString()).toBe("saved and not");
    expect(World.events(bert, "reload")).toEqual([]);
    // Anna's tab dies.
    anna.replica.destroy();
    await look();
    expect(World.events(bert, "reload").map(({ reason }) => reason)).toEqual(["never-saved"]);
    expect(World.events(bert, "reload")[0]?.doc.getText("t").toString()).toBe("saved");
    // Nobody throws away what somebody typed here.
    expect(World.events(carl, "reload")).toEqual([]);
    expect(carl.text.toString()).toBe("my own note, saved and not");
  });
});
