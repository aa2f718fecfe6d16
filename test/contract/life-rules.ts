import { describe, expect, test } from "vitest";
import type { SnapshotRef } from "y-webpubsub/core";
import type { Subject } from "./document-store.ts";
import {
  claimOf,
  documentId,
  entryOf,
  expectProblem,
  readAll,
  snapshotOf,
  start,
  storedCursor,
  unbounded,
} from "./fixtures.ts";

const document = documentId("a document");

export function registerLifeRules(subject: Subject): void {
  describe("opening and closing", () => {
    test("DU3 close waits for what was accepted, and all of it is there afterwards", async () => {
      const accepted = Array.from({ length: 50 }, (_, index) =>
        subject.store.append(document, 1, entryOf(`s${index}`, 1)),
      );
      let settled = 0;
      for (const append of accepted) void append.then(() => settled++);
      await subject.store.close();
      expect(settled).toBe(50);
      const cursors = (await Promise.all(accepted)).map(storedCursor);
      const store = await subject.reopen();
      expect((await readAll(store, document)).map(({ cursor }) => cursor)).toEqual(cursors);
    });

    test("DU10 everything asked of a closed store is refused, nothing is answered as if it were empty", async () => {
      const { store } = subject;
      await store.close();
      const { session, upload, hash, update } = entryOf("s", 1);
      await expectProblem(store.load(document), "closed");
      await expectProblem(store.entriesAfter(document, start, unbounded), "closed");
      await expectProblem(store.append(document, 1, entryOf("s", 1)), "closed");
      await expectProblem(store.claim(document, [claimOf(1, "alice")]), "closed");
      await expectProblem(store.payload(document, "x" as SnapshotRef), "closed");
      await expectProblem(store.compact(document, null, snapshotOf(update, start), []), "closed");
      await expectProblem(
        store.quarantine(document, { cursor: start, reason: "r", session, upload, hash, update }),
        "closed",
      );
      await expectProblem(store.quarantined(document), "closed");
      await expectProblem(
        store.secret("name", () => update),
        "closed",
      );
    });

    test("opening twice and closing twice is as doing it once", async () => {
      await Promise.all([subject.store.open(), subject.store.open()]);
      const cursor = storedCursor(await subject.store.append(document, 1, entryOf("s", 1)));
      await Promise.all([subject.store.close(), subject.store.close()]);
      await subject.store.open();
      expect((await subject.store.load(document))?.head).toBe(cursor);
    });
  });
}
