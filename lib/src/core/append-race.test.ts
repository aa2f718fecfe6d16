import { beforeEach, describe, expect, test } from "vitest";
import type { SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { MemoryStore } from "../storage/memory.ts";
import { Author, ada, eve, LogUnderTest } from "./testing/log-under-test.ts";

/** Two tabs of one user: other words under the same client id. */
function twins() {
  return [new Author("left", 1).type("left").upload(), new Author("right", 1).type("right").upload()] as const;
}

describe("overlapping uploads at one moment", () => {
  for (const shared of [false, true]) {
    test(`DU12 one of them is stored, the other is not and gets no receipt (${shared ? "a shared" : "one server's"} store)`, async () => {
      const it = new LogUnderTest(new MemoryStore({ shared }));
      await it.store.open();
      const servers = shared ? [it.another(), it.another()] : [it.log, it.log];
      const batches = twins();
      const answers = await Promise.all(batches.map((batch, index) => servers[index]?.append(batch, ada, 1)));
      expect(answers.map((answer) => answer?.outcome).sort()).toEqual(["overlap", "receipt"]);
      const stored = await it.another().page("" as never, 1);
      expect(stored.outcome === "page" && stored.page.entries).toHaveLength(1);
    });
  }

  test("DU12 what was stored behind another's without being compared is void: no try gets a receipt", async () => {
    const it = new LogUnderTest(new MemoryStore({ shared: true }));
    await it.store.open();
    const [left, right] = twins();
    const append = it.store.append.bind(it.store);
    // The other server is faster each time.
    it.store.append = async (document, generation, entry, head) => {
      if (head !== undefined) return { outcome: "head-changed", head };
      it.store.append = append;
      expect((await it.another().append(left, ada, 1)).outcome).toBe("receipt");
      return append(document, generation, entry);
    };
    expect(await it.append(right)).toEqual({ outcome: "overlap" });
    expect(await it.append(right)).toEqual({ outcome: "overlap" });
    expect(await it.another().append(right, ada, 1)).toEqual({ outcome: "overlap" });
  });

  describe("words that build on a twin's", () => {
    /** Eve has typed after what the left tab said live; the log has what the right tab said under the same ids. */
    async function besideTwins() {
      const it = new LogUnderTest();
      await it.store.open();
      const [left, right] = twins();
      expect((await it.append(right)).outcome).toBe("receipt");
      const author = new Author("eve", 2);
      Y.applyUpdate(author.doc, left.update);
      author.upload();
      const batch = author.type("!").upload();
      return { it, batch: { ...batch, upload: 1 }, left, right };
    }

    test("DU12 what builds on other words than the log has is not stored, however often it is sent", async () => {
      const { it, batch, left, right } = await besideTwins();
      const from = (session: SessionId) => ({ ...batch, neighbours: [{ client: 1, session }] });
      expect(await it.append(from(left.session), eve)).toEqual({ outcome: "overlap" });
      expect(await it.another().append(from(left.session), eve, 1)).toEqual({ outcome: "overlap" });
      expect((await it.append(from(right.session), eve)).outcome).toBe("receipt");
    });
  });

  describe("adoption", () => {
    const it = new LogUnderTest();
    beforeEach(() => it.store.open());

    test("DU8 an adopter does not become the owner of an id that nobody has claimed", async () => {
      const author = new Author("ada", 1).type("ada's ");
      expect(
        (await it.append(author.upload({ adoption: true, session: "eve-------------" as never }), eve)).outcome,
      ).toBe("receipt");
      expect((await it.append(author.type("own").upload({ upload: 1 }), ada)).outcome).toBe("receipt");
      expect((await it.log.state()).claims.get(1)).toBe(ada);
    });
  });
});
