import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { digestOf } from "./digest.ts";
import { LiveDigest } from "./live-digest.ts";
import { reidentify } from "./reidentify.ts";
import { EditingSession } from "./testing/editing-session.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

/** A document whose walks over everything are counted: a digest kept up makes none. */
function watched(doc: Y.Doc): { readonly digest: LiveDigest; readonly walks: () => number } {
  let walks = 0;
  const { clients } = doc.store;
  const forEach = clients.forEach.bind(clients);
  clients.forEach = (each) => {
    if (new Error().stack?.includes("createDeleteSetFromStructStore") === true) walks++;
    forEach(each);
  };
  return { digest: new LiveDigest(doc), walks: () => walks };
}

describe("a digest kept up from transaction to transaction", () => {
  test(`SY9 equals the digest of the whole document over 30 random sessions of every shared type (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let run = 0; run < 30; run++) {
      const session = new EditingSession(random);
      const digests = session.docs.map((doc) => ({ doc, digest: new LiveDigest(doc) }));
      for (let step = 0; step < 50; step++) {
        session.step();
        for (const { doc, digest } of random.next() < 0.3 ? digests : []) {
          expect(digest.current()).toEqual(digestOf(doc));
        }
      }
      session.destroy();
    }
  });

  test("SY9 counts deletions that arrive as collected structs, and those of an overwritten map key", () => {
    const author = new Y.Doc();
    const reader = new Y.Doc();
    const { digest, walks } = watched(reader);
    digest.current();
    const map = author.getMap("map");
    map.set("key", new Y.Text("collected with its parent"));
    map.set("key", "overwritten");
    map.set("key", "again");
    Y.applyUpdate(reader, Y.encodeStateAsUpdate(author));
    expect(digest.current()).toEqual(digestOf(author));
    map.set("key", "once more");
    Y.applyUpdate(reader, Y.encodeStateAsUpdate(author, Y.encodeStateVector(reader)));
    expect(digest.current()).toEqual(digestOf(author));
    expect(walks()).toBe(1);
  });

  test("SY9 walks the document once, however many edits follow", () => {
    const doc = new Y.Doc();
    const text = doc.getText();
    text.insert(0, "some words to begin with");
    const { digest, walks } = watched(doc);
    for (let edit = 0; edit < 100; edit++) {
      text.insert(edit % text.length, "k");
      if (edit % 3 === 0) text.delete(edit % text.length, 1);
      digest.current();
    }
    expect(digest.current()).toEqual(digestOf(doc));
    expect(walks() - 1).toBe(1); // the last expectation's own walk
  });

  test("DU12 ids that change behind Yjs's back are noticed", () => {
    const doc = new Y.Doc();
    const text = doc.getText();
    text.insert(0, "abcdef");
    text.delete(2, 2);
    const before = doc.clientID;
    const digest = new LiveDigest(doc);
    digest.current();
    expect(reidentify(doc, { client: before, clock: 1 }, before + 1, () => true)).toBe(true);
    doc.clientID = before + 1;
    text.insert(0, "x");
    expect(digest.current()).toEqual(digestOf(doc));
  });

  test("a listener that keeps it from hearing of a deletion is found out by comparing with the whole", () => {
    const doc = new Y.Doc();
    const text = doc.getText();
    text.insert(0, "abcdef");
    doc.on("afterTransactionCleanup", ({ deleteSet }: Y.Transaction) => {
      if (deleteSet.clients.size > 0) throw new Error("a listener of the page");
    });
    const digest = new LiveDigest(doc);
    expect(digest.verify()).toBe(true);
    expect(() => text.delete(1, 2)).toThrow("a listener of the page");
    expect(digest.verify()).toBe(false);
    expect(digest.current()).toEqual(digestOf(doc));
    expect(digest.verify()).toBe(true);
  });

  test("observers that edit and observers that throw do not mislead it", () => {
    const doc = new Y.Doc();
    const text = doc.getText("text");
    const log = doc.getArray<string>("log");
    const digest = new LiveDigest(doc);
    digest.current();
    text.observe(() => {
      log.push(["seen"]);
      if (log.length > 2) log.delete(0, 1);
      if (log.length > 2) throw new Error("an observer of the page");
    });
    for (let edit = 0; edit < 6; edit++) {
      try {
        text.insert(0, "k");
      } catch {
        // As in a page: somebody else's.
      }
      expect(digest.current()).toEqual(digestOf(doc));
    }
  });
});
