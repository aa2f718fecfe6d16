import { beforeEach, describe, expect, test } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { Documents } from "./documents.ts";
import { compactionLimits, logLimits } from "./limits.ts";
import { Author, ada, board, LogUnderTest } from "./testing/log-under-test.ts";

/** Lets what was begun go on until it is done. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

describe("what Documents holds", () => {
  let it: LogUnderTest;
  let documents: Documents;
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
    documents = new Documents({ ...it.ports, rejected: () => undefined, compactionFailed: () => undefined });
  });

  const visit = async (number: number) => {
    await documents.log(`document-${number}` as DocumentId).state();
  };

  test("of 10,000 documents that were opened and left it holds a thousand, the last ones", async () => {
    const first = documents.log("document-0" as DocumentId);
    for (let number = 0; number < 10_000; number++) await visit(number);
    expect(documents.size).toBe(logLimits.documentsMax);
    expect(documents.log("document-9999" as DocumentId)).toBe(documents.log("document-9999" as DocumentId));
    expect(documents.log("document-0" as DocumentId)).not.toBe(first);
  });

  test("a document nobody asks for is forgotten, and known again when somebody does", async () => {
    await documents.log(board).append(new Author("s", 1).type("x").upload(), ada, 1);
    const { head } = await documents.log(board).state();
    it.clock.advance(logLimits.documentIdleMs - 1);
    await visit(1);
    expect(documents.size).toBe(2);
    it.clock.advance(1);
    await visit(1);
    expect(documents.size).toBe(1);
    expect((await documents.log(board).state()).head).toBe(head);
  });

  test.each([
    ["back an hour", -3_600_000],
    ["forward a day", 86_400_000],
  ])("DU11 a clock that is set %s between uploads neither stops compaction nor hurries it", async (_name, jumpMs) => {
    const author = new Author("s", 1);
    const many = compactionLimits.tailEntries + 1;
    const fill = async () => {
      for (let upload = 0; upload < many; upload++)
        await documents.log(board).append(author.type("x").upload(), ada, 1);
      documents.appended(board);
    };
    const folds = () => it.counted.filter((name) => name === "compactions-installed").length;
    await fill();
    it.clock.advance(compactionLimits.quietMs);
    await until(() => folds() === 1);
    it.clock.jump(jumpMs);
    await fill();
    expect(folds()).toBe(1);
    for (let waited = 0; waited < compactionLimits.everyMs; waited += compactionLimits.quietMs) {
      it.clock.advance(compactionLimits.quietMs);
      await documents.log(board).state();
    }
    await until(() => folds() === 2);
    expect((await it.store.load(board))?.entries).toEqual([]);
  });

  test("a document that waits for its compaction is not forgotten", async () => {
    const author = new Author("s", 1);
    await documents.log(board).append(author.type("x").upload(), ada, 1);
    documents.appended(board);
    const held = documents.log(board);
    for (let number = 0; number < logLimits.documentsMax + 10; number++) await visit(number);
    expect(documents.size).toBe(logLimits.documentsMax);
    expect(documents.log(board)).toBe(held);
    it.clock.advance(compactionLimits.quietMs);
    await documents.close();
    expect(it.clock.waiting).toBe(0);
  });
});
