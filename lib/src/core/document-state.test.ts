import { describe, expect, test } from "vitest";
import { DocumentState } from "./document-state.ts";
import type { StoredDocument } from "./document-store.ts";
import { logLimits } from "./limits.ts";
import { Author, board, LogUnderTest } from "./testing/log-under-test.ts";

/** A log of two people, one of whom pasted a lot again and again. */
async function written(): Promise<StoredDocument | null> {
  const it = new LogUnderTest();
  await it.store.open();
  const [typist, paster] = [new Author("typist", 1), new Author("paster", 2)];
  for (let number = 0; number < 6; number++) {
    await it.append(typist.type("word ").upload());
    await it.append(paster.type("x".repeat(logLimits.breathBytes * 0.75)).upload());
  }
  return it.store.load(board);
}

describe("DocumentState", () => {
  test("a log that is read with breaths is known as well as one that is read at once", async () => {
    const stored = await written();
    let breaths = 0;
    const state = await DocumentState.read(stored, async () => {
      breaths += 1;
    });
    expect(state).toEqual(DocumentState.of(stored));
    expect(state.tailEntries).toBe(12);
    expect(breaths, "one for each second paste").toBe(2);
  });

  test("a short log, and none, are read without a breath", async () => {
    const breathe = () => Promise.reject(new Error("breathed"));
    expect(await DocumentState.read(null, breathe)).toEqual(DocumentState.of(null));
    const stored = await written();
    const short = stored && { ...stored, entries: stored.entries.slice(0, 2) };
    expect(await DocumentState.read(short, breathe)).toEqual(DocumentState.of(short));
  });
});
