import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cursor } from "y-webpubsub/core";
import { type Appended, compact, DocumentLog, type DocumentStore, type HistoryStore } from "y-webpubsub-server/core";
import { elementsOf, portsOf, writeElements } from "./elements.ts";
import {
  appendMany,
  appendOne,
  claimOf,
  documentId,
  entryOf,
  hashOf,
  readAll,
  snapshotOf,
  start,
  storedCursor,
} from "./fixtures.ts";

export type SharedStore = DocumentStore & HistoryStore;

/** One place where bytes are kept, which several servers use. */
export interface SharedPlace {
  /** The store of one more server, open; `now` is that server's clock. */
  open(now?: () => number): Promise<SharedStore>;
  /** Closes all of them and removes the bytes. */
  close(): Promise<void>;
}

const document = documentId("a document");

/** What a store with `shared: true` promises besides: several servers are as good as one. */
export function registerSharedContract(name: string, begin: () => SharedPlace): void {
  describe(`${name} used by three servers at once`, () => {
    let place: SharedPlace;
    let stores: readonly SharedStore[];
    const at = (index: number): SharedStore => {
      const store = stores[index % stores.length];
      if (store === undefined) throw new Error("Three stores are open.");
      return store;
    };
    beforeEach(async () => {
      place = begin();
      // At once: whatever the first opening makes, all three make it.
      stores = await Promise.all([place.open(), place.open(), place.open()]);
    });
    afterEach(() => place.close());

    test("says that it is shared", () => {
      for (const { shared } of stores) expect(shared).toBe(true);
    });

    test("entries of all are in one order, and a reader that follows sees each once", async () => {
      const found: Cursor[] = [];
      const writers = [0, 1, 2].flatMap((server) =>
        [0, 1].map((number) => appendMany(at(server), document, `s${server}${number}`, 8)),
      );
      let writing = true;
      const settled = Promise.all(writers).finally(() => {
        writing = false;
      });
      for (let last = false, turn = 0; !last; turn++) {
        last = !writing;
        found.push(...(await readAll(at(turn), document, found.at(-1))).map(({ cursor }) => cursor));
      }
      expect(found).toEqual((await settled).flat().sort());
      expect(new Set(found).size).toBe(48);
    });

    test("DU2 of the same upload sent to all at once one is stored, the others are its duplicates", async () => {
      const answers = await Promise.all(stores.map((store) => store.append(document, 1, entryOf("s", 1))));
      const [cursor] = answers.flatMap((answer) => (answer.outcome === "stored" ? [answer.cursor] : []));
      const sorted = answers.sort((a, b) => (a.outcome < b.outcome ? 1 : -1));
      const duplicate = { outcome: "duplicate", cursor, seqTo: 10 };
      expect(sorted).toEqual([{ outcome: "stored", cursor }, duplicate, duplicate]);
      expect(await readAll(at(1), document)).toHaveLength(1);
    });

    test("initial content that all give an empty document is stored once", async () => {
      const seeding = (index: number): Promise<Appended> =>
        at(index).append(document, 1, entryOf(`seed ${index}`, 1), start);
      const answers = await Promise.all([0, 1, 2, 3, 4, 5].map(seeding));
      const [entry] = await readAll(at(0), document);
      const outcomes = answers.map((answer) => answer.outcome).sort();
      expect(outcomes).toEqual([...Array<string>(5).fill("head-changed"), "stored"]);
      for (const answer of answers) {
        if (answer.outcome === "head-changed") expect(answer.head).toBe(entry?.cursor);
      }
      expect(await readAll(at(1), document)).toHaveLength(1);
    });

    test("the first claim and the first secret stand for all", async () => {
      const answers = await Promise.all(stores.map((store, index) => store.claim(document, [claimOf(1, `u${index}`)])));
      expect(new Set(answers.map(([claim]) => claim?.userId)).size).toBe(1);
      const secrets = await Promise.all(stores.map((store, index) => store.secret("key", () => Uint8Array.of(index))));
      expect(new Set(secrets.map((secret) => secret[0])).size).toBe(1);
      expect(await at(2).secret("key", () => Uint8Array.of(9))).toEqual(secrets[0]);
    });

    test("of several who change a setting at once one does", async () => {
      const changing = () => stores.map((store, index) => store.changeSetting("rules", null, Uint8Array.of(index)));
      const outcomes = await Promise.all(changing());
      expect([...outcomes].sort()).toEqual(["changed", "conflict", "conflict"]);
      expect(await at(0).setting("rules")).toEqual(Uint8Array.of(outcomes.indexOf("changed")));
    });

    test("what one ended is ended for all, whatever they saw before", async () => {
      const [cursor = start] = await appendMany(at(0), document, "s", 1);
      for (const store of stores) await store.load(document);
      expect(await at(1).reset(document, 1, null)).toEqual({ outcome: "reset", generation: 2 });
      const refused = { outcome: "generation-changed", generation: 2 };
      for (const store of stores) expect(await store.append(document, 1, entryOf("s", 2))).toEqual(refused);
      const next = storedCursor(await at(2).append(document, 2, entryOf("s", 1)));
      expect(next > cursor).toBe(true);
      expect((await at(0).load(document))?.head).toBe(next);
    });

    test("DU11 of several who compact at once while all append, each folds what it read: nothing is lost or doubled", async () => {
      const room = documentId("compacted");
      const written = new Set<string>();
      let writing = true;
      const writers = [0, 1, 2].map((server) => writeElements(at(server), room, `server ${server}`, 12, written));
      const settled = Promise.all(writers).finally(() => {
        writing = false;
      });
      const counts: Record<string, number> = {};
      const compactors = stores.map(async (store) => {
        const ports = portsOf(store, (name) => {
          counts[name] = (counts[name] ?? 0) + 1;
        });
        const log = new DocumentLog(room, ports);
        for (let last = false; !last; ) {
          last = !writing;
          await compact(room, log, ports);
        }
      });
      await Promise.all([settled, ...compactors]);
      expect(counts["compactions-installed"]).toBeGreaterThan(0);
      for (const store of stores) expect((await elementsOf(store, room)).sort()).toEqual([...written].sort());
    });

    test("a server whose clock is a year off changes nothing for the others", async () => {
      const year = 365 * 86_400_000;
      const early = await place.open(() => Date.now() - year);
      const late = await place.open(() => Date.now() + year);
      const payload = new Uint8Array(100_000).fill(7);
      for (const [index, store] of [late, early, at(0), late, at(1), early].entries()) {
        const cursor = await appendOne(store, document, entryOf(`s${index}`, 1));
        const base = (await store.load(document))?.snapshot?.ref ?? null;
        const snapshot = snapshotOf(
          payload.map((byte) => byte + index),
          cursor,
        );
        expect(await store.compact(document, base, snapshot, [cursor])).toBe("installed");
        for (const reader of [early, late, at(2)]) {
          const loaded = await reader.load(document);
          expect(loaded).toMatchObject({ head: cursor, entries: [] });
          const kept = loaded?.snapshot && (await reader.payload(document, loaded.snapshot.ref));
          expect(kept && hashOf(kept.payload)).toEqual(snapshot.hash);
        }
      }
    });
  });
}
