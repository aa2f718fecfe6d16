import { beforeEach, describe, expect, test } from "vitest";
import type { DocumentId, UserId } from "y-webpubsub/core";
import { AccessBook } from "./access-book.ts";
import { MemoryStore } from "./storage/memory.ts";

const document = "board" as DocumentId;
const ada = "ada" as UserId;
const eve = "eve" as UserId;

describe("the access rules of a store", () => {
  let clock: { now: number };
  beforeEach(() => {
    clock = { now: 0 };
  });
  async function start(shared: boolean, servers: 1 | 2 = 1) {
    const store = new MemoryStore({ shared });
    await store.open();
    let reads = 0;
    const setting = store.setting.bind(store);
    store.setting = (name) => {
      reads += 1;
      return setting(name);
    };
    const books = Array.from({ length: servers }, () => new AccessBook(store, () => clock.now));
    return { store, books, reads: () => reads };
  }

  test("AC1 a document without rules has epoch 1, and every change makes a new epoch", async () => {
    const { books } = await start(false);
    const [book] = books;
    expect(await book?.rules(document)).toEqual({ accessEpoch: 1, ceilings: new Map() });
    const { before, after } = (await book?.change(document, { userId: eve, ceiling: "none" })) ?? {};
    expect([before?.accessEpoch, after?.accessEpoch]).toEqual([1, 2]);
    await book?.change(document, null);
    await book?.change(document, { userId: eve, ceiling: null });
    expect(await book?.rules(document)).toEqual({ accessEpoch: 4, ceilings: new Map() });
    expect((await book?.rules("other" as DocumentId))?.accessEpoch).toBe(1);
  });

  test("AC1 a ceiling lowers what authorize gave and never raises it", async () => {
    const { books } = await start(false);
    const [book] = books;
    await book?.change(document, { userId: eve, ceiling: "none" });
    await book?.change(document, { userId: ada, ceiling: "reader" });
    expect(await book?.roleOf(document, eve, "writer")).toBeNull();
    expect(await book?.roleOf(document, eve, "reader")).toBeNull();
    expect(await book?.roleOf(document, ada, "writer")).toBe("reader");
    expect(await book?.roleOf(document, "bob" as UserId, "writer")).toBe("writer");
    expect(await book?.roleOf("other" as DocumentId, eve, "writer")).toBe("writer");
    expect([await book?.setRevoked(ada, true), await book?.setRevoked(ada, true)]).toEqual([true, false]);
    expect(await book?.roleOf("other" as DocumentId, ada, "writer")).toBeNull();
    await book?.setRevoked(ada, false);
    expect(await book?.roleOf("other" as DocumentId, ada, "writer")).toBe("writer");
  });

  test("AC3 what was read before the clock was set back is read anew", async () => {
    const { books } = await start(true, 2);
    const [one, two] = books;
    clock.now = 7_200_000;
    expect(await two?.roleOf(document, eve, "writer")).toBe("writer");
    await one?.change(document, { userId: eve, ceiling: "none" });
    clock.now -= 3_600_000;
    expect(await two?.roleOf(document, eve, "writer")).toBeNull();
  });

  test("AC3 another server of the store goes by what it read for 1 s at most; asked for what is fresh, not at all", async () => {
    const { books } = await start(true, 2);
    const [one, two] = books;
    expect(await two?.roleOf(document, eve, "writer")).toBe("writer");
    await one?.change(document, { userId: eve, ceiling: "none" });
    expect(await one?.roleOf(document, eve, "writer")).toBeNull();
    expect(await two?.roleOf(document, eve, "writer", { fresh: true })).toBeNull();
    clock.now = 5_000;
    await one?.change(document, { userId: eve, ceiling: null });
    expect(await two?.roleOf(document, eve, "writer")).toBe("writer");
    await one?.change(document, { userId: eve, ceiling: "none" });
    clock.now = 5_999;
    expect(await two?.roleOf(document, eve, "writer")).toBe("writer");
    clock.now = 6_000;
    expect(await two?.roleOf(document, eve, "writer")).toBeNull();
  });

  test("a store that one server has to itself is read once for each name", async () => {
    const { books, reads } = await start(false);
    const [book] = books;
    for (let at = 0; at < 10; at++) {
      clock.now += 60_000;
      await book?.roleOf(document, ada, "writer");
    }
    expect(reads()).toBe(2);
  });

  test("changes at the same time are all made, one after the other", async () => {
    const { books } = await start(true, 2);
    const users = Array.from({ length: 10 }, (_, index) => `user ${index}` as UserId);
    await Promise.all(users.map((userId, at) => books[at % 2]?.change(document, { userId, ceiling: "none" })));
    const rules = await books[0]?.rules(document, { fresh: true });
    expect([rules?.accessEpoch, rules?.ceilings.size]).toEqual([11, 10]);
  });

  test("a rule that cannot be read is an error, never no rule; a read that failed is not remembered", async () => {
    const { store, books } = await start(false);
    const [book] = books;
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '{"accessEpoch":0,"ceilings":[]}',
      '{"accessEpoch":2,"ceilings":[["eve","writer"]]}',
    ]) {
      const before = await store.setting(`access/${text}`);
      await store.changeSetting(`access/${text}`, before, new TextEncoder().encode(text));
      await expect(book?.roleOf(text as DocumentId, eve, "writer")).rejects.toMatchObject({ code: "corrupt" });
    }
    const { setting } = store;
    store.setting = () => Promise.reject(new Error("down"));
    await expect(book?.rules(document)).rejects.toThrow("down");
    store.setting = setting;
    expect((await book?.rules(document))?.accessEpoch).toBe(1);
  });

  test("one user more than a document keeps is refused with the next step", async () => {
    const { books } = await start(false);
    const [book] = books;
    for (let at = 0; at < 100; at++) await book?.change(document, { userId: `u${at}` as UserId, ceiling: "none" });
    await expect(book?.change(document, { userId: eve, ceiling: "none" })).rejects.toThrow(/authorize/);
    await book?.change(document, { userId: "u0" as UserId, ceiling: null });
    await book?.change(document, { userId: eve, ceiling: "none" });
  });
});
