import { describe, expect, test } from "vitest";
import type { Subject } from "./document-store.ts";
import { appendMany, claimOf, documentId, entryOf, start } from "./fixtures.ts";

const document = documentId("a document");

export function registerClaimRules(subject: Subject): void {
  describe("claims, quarantine and secrets", () => {
    test("the first claim of a client id stands, and each asked id is answered in order", async () => {
      expect(await subject.store.claim(document, [claimOf(1, "alice"), claimOf(2, "alice")])).toHaveLength(2);
      const answer = await subject.store.claim(document, [claimOf(3, "bob"), claimOf(2, "bob"), claimOf(3, "carol")]);
      expect(answer).toEqual([claimOf(3, "bob"), claimOf(2, "alice"), claimOf(3, "bob")]);
      expect((await subject.store.load(document))?.claims).toEqual([
        claimOf(1, "alice"),
        claimOf(2, "alice"),
        claimOf(3, "bob"),
      ]);
    });

    test("of many who claim at once one wins, and all are told the same", async () => {
      const users = Array.from({ length: 20 }, (_, index) => `user ${index}`);
      const answers = await Promise.all(
        users.map((user) => subject.store.claim(document, [claimOf(2 ** 32 - 1, user)])),
      );
      expect(new Set(answers.map((answer) => answer[0]?.userId)).size).toBe(1);
      expect((await subject.store.load(document))?.claims).toEqual(answers[0]);
    });

    test("a document that has claims only is one that loads, also after reopening", async () => {
      await subject.store.claim(document, [claimOf(1, "alice")]);
      const store = await subject.reopen();
      expect(await store.load(document)).toMatchObject({ head: "", entries: [], claims: [claimOf(1, "alice")] });
      expect(await store.claim(document, [claimOf(1, "bob")])).toEqual([claimOf(1, "alice")]);
      expect(await store.load(documentId("another document"))).toBeNull();
    });

    test("DU9 quarantined uploads are kept apart, in order, once each", async () => {
      const cursors = await appendMany(subject.store, document, "s", 2);
      const items = cursors.map((cursor, index) => {
        const { session, upload, hash, update } = entryOf("s", index + 1);
        return { cursor, reason: "cannot-be-applied", session, upload, hash, update };
      });
      for (const item of [...items].reverse()) await subject.store.quarantine(document, item);
      await subject.store.quarantine(document, items[0] ?? { ...entryOf("s", 1), cursor: start, reason: "" });
      const store = await subject.reopen();
      expect(await store.quarantined(document)).toEqual(items);
      expect(await store.quarantined(documentId("another document"))).toEqual([]);
    });

    test("a secret is made once, whoever asks first, and stays", async () => {
      let made = 0;
      const make = () => new Uint8Array([++made, 2, 3]);
      const answers = await Promise.all(Array.from({ length: 10 }, () => subject.store.secret("signing-key", make)));
      expect(made).toBe(1);
      for (const answer of answers) expect(answer).toEqual(new Uint8Array([1, 2, 3]));
      expect(await subject.store.secret("__proto__", make)).toEqual(new Uint8Array([2, 2, 3]));
      const store = await subject.reopen();
      expect(await store.secret("signing-key", make)).toEqual(new Uint8Array([1, 2, 3]));
    });
  });
}
