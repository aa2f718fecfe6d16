import { describe, expect, test } from "vitest";
import type { Cursor } from "y-webpubsub/core";
import * as Y from "yjs";
import { DocumentState } from "./document-state.ts";
import type { StoredDocument } from "./document-store.ts";
import { logLimits } from "./limits.ts";
import { Author, ada, board, LogUnderTest, sessionId } from "./testing/log-under-test.ts";

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

  test("DU8 a user who was active before the clock was set back is silent ten seconds after that was found", () => {
    const state = DocumentState.of(null);
    const noon = 43_200_000;
    state.seen(ada, noon);
    const back = noon - 3_600_000;
    expect(state.isSilent(ada, back)).toBe(false);
    expect(state.isSilent(ada, back + logLimits.silentMs)).toBe(false);
    expect(state.isSilent(ada, back + logLimits.silentMs + 1)).toBe(true);
  });

  test("DU12 an upload that lies where another session's lay is void, however the log is read", async () => {
    const stored = await written();
    const [entry] = stored?.entries ?? [];
    if (stored === null || entry === undefined) throw new Error("The log was written.");
    const twin = { ...entry, session: sessionId("twin"), cursor: `${entry.cursor}1` as Cursor };
    const both = { ...stored, head: twin.cursor, entries: [entry, twin] };
    for (const state of [DocumentState.of(both), await DocumentState.read(both, async () => undefined)]) {
      expect([entry, twin].map(({ session, upload }) => state.isVoid(session, upload))).toEqual([false, true]);
      const [client] = Y.parseUpdateMeta(entry.update).from.keys();
      const says = [entry, twin].map(({ session }) => state.isSaidBy({ client: client ?? -1, session }));
      expect(says, "the words of two are mixed").toEqual([false, false]);
    }
  });

  test("a short log, and none, are read without a breath", async () => {
    const breathe = () => Promise.reject(new Error("breathed"));
    expect(await DocumentState.read(null, breathe)).toEqual(DocumentState.of(null));
    const stored = await written();
    const short = stored && { ...stored, entries: stored.entries.slice(0, 2) };
    expect(await DocumentState.read(short, breathe)).toEqual(DocumentState.of(short));
  });
});
