import { describe, expect, test } from "vitest";
import type { DocumentId, SessionId, UserId } from "y-webpubsub/core";
import { SessionRooms } from "./session-rooms.ts";
import { MemoryStore } from "./storage/memory.ts";

const room = (session: string, document = "board") => ({
  session: session as SessionId,
  userId: "ada" as UserId,
  document: document as DocumentId,
  generation: 1,
  accessEpoch: 1,
});

describe("PR3 where a session is", () => {
  test("is found by any server of the store, the latest room wins, and an unknown session is nowhere", async () => {
    const store = new MemoryStore({ shared: true });
    await store.open();
    const [one, two] = [new SessionRooms(store), new SessionRooms(store)];
    await one.put(room("AAAAAAAAAAAAAAAA"));
    await one.put(room("BBBBBBBBBBBBBBBB", "other"));
    expect(await two.find("AAAAAAAAAAAAAAAA" as SessionId)).toEqual(room("AAAAAAAAAAAAAAAA"));
    await two.put(room("AAAAAAAAAAAAAAAA", "next"));
    expect((await one.find("AAAAAAAAAAAAAAAA" as SessionId))?.document).toBe("next");
    expect(await one.find("CCCCCCCCCCCCCCCC" as SessionId)).toBeNull();
  });

  test("is kept in a bounded number of records, and one that says the same is not written again", async () => {
    const store = new MemoryStore();
    await store.open();
    const names = new Set<string>();
    let writes = 0;
    const changeSetting = store.changeSetting.bind(store);
    store.changeSetting = (name, before, value) => {
      names.add(name);
      writes += 1;
      return changeSetting(name, before, value);
    };
    const rooms = new SessionRooms(store);
    for (let at = 0; at < 3; at++) await rooms.put(room("AAAAAAAAAAAAAAAA"));
    expect(writes).toBe(1);
    for (let at = 0; at < 500; at++) await rooms.put(room(at.toString(36).padStart(16, "S")));
    for (const name of names) expect(name).toMatch(/^session-room\/\d{1,5}$/);
  });

  test("what cannot be read is nobody's room", async () => {
    const store = new MemoryStore();
    await store.open();
    store.setting = () => Promise.resolve(new TextEncoder().encode('{"session":1}'));
    expect(await new SessionRooms(store).find("AAAAAAAAAAAAAAAA" as SessionId)).toBeNull();
    store.setting = () => Promise.resolve(Uint8Array.of(1, 2));
    expect(await new SessionRooms(store).find("AAAAAAAAAAAAAAAA" as SessionId)).toBeNull();
  });
});
