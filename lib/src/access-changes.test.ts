import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DocumentId, UserId } from "y-webpubsub/core";
import { AccessBook } from "./access-book.ts";
import { AccessChanges } from "./access-changes.ts";
import type { Opened } from "./collab.ts";
import { openKeys, type ServerKeys } from "./keys.ts";
import { Log, type LogLine } from "./log-line.ts";
import { Metrics } from "./metrics.ts";
import { groupsOf } from "./negotiate.ts";
import type { Notices } from "./notices.ts";
import { SessionRooms } from "./session-rooms.ts";
import { MemoryStore } from "./storage/memory.ts";

const document = "board" as DocumentId;
const eve = "eve" as UserId;

describe("a change of access", () => {
  let closed: string[];
  let published: unknown[];
  let lines: LogLine[];
  let serviceFails: boolean;
  let keys: ServerKeys;
  let opened: Opened;
  let changes: AccessChanges;
  beforeEach(async () => {
    vi.useFakeTimers();
    closed = [];
    published = [];
    lines = [];
    serviceFails = false;
    const store = new MemoryStore();
    await store.open();
    keys = await openKeys(store);
    const access = new AccessBook(store, Date.now);
    const documents = { log: () => ({ state: () => Promise.resolve({ generation: 3 }) }) };
    opened = { keys, access, rooms: new SessionRooms(store), documents, history: null } as unknown as Opened;
    const service = {
      group: (name: string) => ({
        closeAllConnections: () => {
          closed.push(name);
          return serviceFails ? Promise.reject(new Error("service down")) : Promise.resolve();
        },
      }),
    } as unknown as WebPubSubServiceClient;
    const notices = { publish: (_signer: unknown, room: unknown, notice: unknown) => published.push([room, notice]) };
    changes = new AccessChanges({
      service,
      notices: notices as unknown as Notices,
      metrics: new Metrics(),
      log: new Log((line) => lines.push(line), "key"),
      random: () => 0.5,
    });
  });
  afterEach(() => {
    changes.stop();
    vi.useRealTimers();
  });

  test("AC2 tells the old group under the old epoch, closes the user at once and the old groups after the grace", async () => {
    const old = groupsOf(keys, document, 3, 1);
    await changes.change(opened, document, { userId: eve, ceiling: "none" });
    expect(published).toEqual([
      [{ document, group: old.data, generation: 3, accessEpoch: 1 }, { type: "renegotiate" }],
    ]);
    expect(closed).toEqual([keys.memberGroup(document, eve)]);
    await vi.advanceTimersByTimeAsync(7_499);
    expect(closed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual([keys.memberGroup(document, eve), old.presence]);
    await changes.change(opened, document, null);
    expect(published.at(-1)).toMatchObject([{ accessEpoch: 2 }, { type: "renegotiate" }]);
    expect(closed).toHaveLength(2);
  });

  test("AC2 a user revoked everywhere is closed again while earlier tokens are good, and not once taken back", async () => {
    const group = keys.userGroup(eve);
    await changes.setRevoked(opened, eve, true);
    expect(closed).toEqual([group]);
    await vi.advanceTimersByTimeAsync(300_000);
    const during = closed.length;
    expect(during).toBe(41);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(closed.length).toBeLessThanOrEqual(during + 1);
    await changes.setRevoked(opened, eve, false);
    await changes.setRevoked(opened, eve, true);
    await changes.setRevoked(opened, eve, false);
    const before = closed.length;
    await vi.advanceTimersByTimeAsync(300_000);
    expect(closed).toHaveLength(before);
  });

  test("AC1 a service that is down does not undo the rule: it is said, and the rule holds", async () => {
    serviceFails = true;
    await changes.change(opened, document, { userId: eve, ceiling: "none" });
    expect(lines).toMatchObject([{ event: "kick-failed" }]);
    expect(await opened.access.roleOf(document, eve, "writer")).toBeNull();
  });

  test("a server that stops closes nothing any more", async () => {
    await changes.change(opened, document, null);
    await changes.setRevoked(opened, eve, true);
    changes.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(closed).toEqual([keys.userGroup(eve)]);
  });
});
