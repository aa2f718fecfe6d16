import { beforeEach, describe, expect, test } from "vitest";
import { MemoryStore } from "../storage/memory.ts";
import { compact } from "./compaction.ts";
import { DocumentMemory } from "./document-memory.ts";
import { StoreError } from "./document-store.ts";
import { logLimits } from "./limits.ts";
import { Author, ada, board, eve, LogUnderTest, sessionId } from "./testing/log-under-test.ts";

describe("what a server remembers of a document that others write as well", () => {
  let it: LogUnderTest;
  let typist: Author;
  let breaths: number;
  let memory: DocumentMemory;
  beforeEach(async () => {
    it = new LogUnderTest(new MemoryStore({ shared: true }));
    await it.store.open();
    typist = new Author("typist", 1);
    breaths = 0;
    memory = new DocumentMemory(board, it.store, async () => {
      breaths += 1;
      await new Promise((resolve) => setImmediate(resolve));
    });
    await it.append(typist.type("begun. ").upload());
    await memory.state();
  });

  /** By another server. */
  async function pasteALot(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await it.append(typist.type("x".repeat(logLimits.breathBytes * 0.75)).upload());
    }
  }

  test("a long log of others is taken in with breaths, between which everybody else has a turn", async () => {
    await pasteALot(6);
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 0);
    const state = await memory.state();
    clearInterval(counting);
    expect(state.tailEntries).toBe(7);
    expect(breaths, "one for each second paste").toBe(2);
    expect(turns).toBeGreaterThan(0);
  });

  test("who asks meanwhile gets all that was stored by then, and no entry is taken in twice", async () => {
    await pasteALot(4);
    const first = memory.state();
    const appended = it.append(new Author("other", 2).type("later").upload(), eve);
    const answer = await appended;
    if (answer.outcome !== "receipt") throw new Error(answer.outcome);
    const late = await Promise.all([memory.state(), memory.state(), first, memory.state()]);
    for (const state of late) {
      expect(state.head).toBe(answer.receipt.cursor);
      expect(state.tailEntries).toBe(6);
    }
    expect(late[0]?.tailBytes).toBe((await it.another().tail()).bytes);
  });

  test("ID11 a log that was folded by another server is read anew with breaths, and who negotiated is not forgotten", async () => {
    (await memory.state()).bind(sessionId("waiting"), eve);
    await pasteALot(1);
    await compact(board, it.log, { ...it.ports, clock: it.clock });
    await pasteALot(4);
    const state = await memory.state();
    expect(breaths).toBeGreaterThan(0);
    expect(state.tailEntries).toBe(4);
    expect(state.isFree(sessionId("waiting"), ada)).toBe(false);
    expect(await memory.state()).toBe(state);
  });

  test.each([
    ["after this server folded it", () => memory.forget()],
    ["after another server folded it", () => undefined],
    [
      "after it was forgotten once more while it was read",
      async () => {
        memory.forget();
        const reading = memory.state();
        memory.forget();
        await reading;
      },
    ],
  ])(
    "DU12 whose words were folded away is known still %s, and not of words that were not seen",
    async (_how, folded) => {
      const other = new Author("other", 2);
      await it.append(other.type("seen").upload(), eve);
      const says = async (client: number, name: string) =>
        (await memory.state()).isSaidBy({ client, session: sessionId(name) });
      expect([await says(1, "typist"), await says(2, "other")]).toEqual([true, true]);
      // Seen by nobody here before it was folded.
      await it.append(other.type(", unseen").upload(), eve);
      await compact(board, it.log, { ...it.ports, clock: it.clock });
      await folded();
      expect([await says(1, "typist"), await says(1, "other"), await says(2, "other")]).toEqual([true, false, false]);
    },
  );

  test("DU10 a look that fails is told to who asked; the next one looks again", async () => {
    const read = it.store.entriesAfter.bind(it.store);
    it.store.entriesAfter = () => {
      it.store.entriesAfter = read;
      return Promise.reject(new StoreError("not-durable", "away"));
    };
    const [one, two] = [memory.state(), memory.state()];
    await expect(one).rejects.toMatchObject({ code: "not-durable" });
    expect((await two).tailEntries).toBe(1);
    expect((await memory.state()).tailEntries).toBe(1);
  });
});
