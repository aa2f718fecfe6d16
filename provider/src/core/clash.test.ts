import { describe, expect, test } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { findClash, type Said } from "./clash.ts";
import { ClientIds } from "./client-ids.ts";
import type { Context } from "./context.ts";
import { reidentify } from "./reidentify.ts";
import { cloneOf } from "./testing/copies.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

function ofClient(doc: Y.Doc, client: number): Uint8Array {
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(clocks.set(client, 0)));
}

function said(update: Uint8Array): Said {
  return Y.decodeUpdate(update);
}

describe("other content under one id", () => {
  test("DU12 what is deleted here clashes with what has another place in the log", () => {
    const shared = new Y.Doc();
    shared.getText("t").insert(0, "ab");
    const [left, right] = [cloneOf(shared), cloneOf(shared)];
    for (const doc of [left, right]) doc.clientID = 9;
    left.getText("t").insert(1, "x");
    right.getText("t").insert(2, "x");
    left.getText("t").delete(1, 1);
    const update = Y.encodeStateAsUpdate(right, Y.encodeStateVector(shared));
    expect(findClash(left, said(update), () => 0)).toEqual({ client: 9, clock: 0 });
    right.getText("t").delete(2, 1);
    expect(findClash(left, said(Y.encodeStateAsUpdate(right)), () => 0)).toEqual({ client: 9, clock: 0 });
    expect(findClash(left, said(Y.encodeStateAsUpdate(left)), () => 0)).toBeNull();
  });

  test("DU12 equal content clashes where it stands elsewhere: before another, under another key, of another kind", () => {
    const base = new Y.Doc();
    base.clientID = 3;
    base.getText("t").insert(0, "ab");
    const write = (edit: (doc: Y.Doc) => void): Y.Doc => {
      const doc = cloneOf(base);
      doc.clientID = 9;
      edit(doc);
      return doc;
    };
    const later = write((doc) => doc.getText("t").insert(1, "x"));
    const between = cloneOf(base);
    between.clientID = 3;
    between.getText("t").insert(1, "c");
    between.clientID = 9;
    between.getText("t").insert(1, "x");
    const text = write((doc) => doc.getMap("m").set("k", new Y.Text()));
    const clash = { client: 9, clock: 0 };
    const compared = (left: Y.Doc, right: Y.Doc) => findClash(left, said(Y.encodeStateAsUpdate(right)), () => 0);
    expect(compared(later, between)).toEqual(clash);
    expect(
      compared(
        text,
        write((doc) => doc.getMap("m").set("l", new Y.Text())),
      ),
    ).toEqual(clash);
    expect(
      compared(
        text,
        write((doc) => doc.getMap("n").set("k", new Y.Text())),
      ),
    ).toEqual(clash);
    expect(
      compared(
        text,
        write((doc) => doc.getMap("m").set("k", new Y.Array())),
      ),
    ).toEqual(clash);
    expect(
      compared(
        text,
        write((doc) => doc.getMap("m").set("k", new Y.Text())),
      ),
    ).toBeNull();
  });

  test("DU12 collected content agrees with what lies in something deleted as well, and clashes with what does not", () => {
    const shared = new Y.Doc();
    shared.clientID = 3;
    shared.getText("t").insert(0, "ab");
    shared.getMap("m").set("inner", new Y.Text("cd"));
    const write = (edit: (doc: Y.Doc, inner: Y.Text) => void): Y.Doc => {
      const doc = cloneOf(shared);
      doc.clientID = 9;
      const inner = doc.getMap("m").get("inner");
      if (inner instanceof Y.Text) edit(doc, inner);
      return doc;
    };
    const within = write((_, inner) => inner.insert(1, "x"));
    const outside = write((doc) => doc.getText("t").insert(1, "x"));
    const collected = write((doc, inner) => {
      inner.insert(1, "x");
      doc.getMap("m").delete("inner");
    });
    expect(collected.store.clients.get(9)?.[0]).toBeInstanceOf(Y.GC);
    const compared = (doc: Y.Doc, other: Y.Doc) => findClash(doc, said(Y.encodeStateAsUpdate(other)), () => 0);
    const clash = { client: 9, clock: 0 };
    expect([compared(collected, within), compared(within, collected)]).toEqual([null, null]);
    expect([compared(collected, outside), compared(outside, collected)]).toEqual([clash, clash]);
    outside.getText("t").delete(1, 1);
    expect([compared(collected, outside), compared(outside, collected)]).toEqual([clash, clash]);
    expect(compared(collected, collected)).toBeNull();
  });

  test("DU12 equal bytes are no clash, other ones are from where they differ", () => {
    const base = new Y.Doc();
    base.clientID = 7;
    base.getText("t").insert(0, "abc");
    const other = cloneOf(base);
    other.clientID = 7;
    base.getText("t").insert(3, "XYZ");
    other.getText("t").insert(3, "XQ");
    expect(findClash(base, said(Y.encodeStateAsUpdate(base)), () => 0)).toBeNull();
    expect(findClash(base, said(Y.encodeStateAsUpdate(other)), () => 0)).toEqual({ client: 7, clock: 4 });
    other.getText("t").delete(3, 2);
    expect(findClash(base, said(Y.encodeStateAsUpdate(other)), () => 0)).toBeNull();
  });
});

describe("another id for the same content", () => {
  test("DU12 what takes a new id keeps its place among what others wrote there at once", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const base = new Y.Doc();
      base.clientID = 3;
      base.getText("t").insert(0, "ab");
      const before = Y.encodeStateVector(base);
      const [own, ...others] = [seed * 71_000_003, seed * 31_000_019, seed * 57_000_023].map((seedling) => {
        const doc = cloneOf(base);
        doc.clientID = seedling % 2 ** 32;
        doc.getText("t").insert(1, String(seedling));
        return doc;
      });
      if (own === undefined) throw new Error("there are three");
      for (const doc of others) Y.applyUpdate(own, Y.encodeStateAsUpdate(doc, before));
      const context = {
        doc: own,
        awareness: new Awareness(own),
        session: "s",
        origin: null,
        random: { next: () => 0.3 },
      };
      const ids = new ClientIds(context as unknown as Context);
      expect(ids.giveWay({ client: own.clientID, clock: 0 }, () => true)).toBe(true);
      context.awareness.destroy();
      // Whoever hears of all this in another order.
      const reader = cloneOf(base);
      Y.applyUpdate(reader, Y.encodeStateAsUpdate(own, Y.encodeStateVector(others[0] ?? base)));
      for (const doc of others) Y.applyUpdate(reader, Y.encodeStateAsUpdate(doc, before));
      Y.applyUpdate(reader, Y.encodeStateAsUpdate(own));
      expect(reader.getText("t").toString()).toBe(own.getText("t").toString());
    }
  });

  test("DU12 structs take a new id where they stand, and not where others built on them", () => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    doc.getText("t").insert(0, "keep move");
    doc.getMap("m").set("k", new Y.Array());
    expect(reidentify(doc, { client: 7, clock: 5 }, 9, () => true)).toBe(true);
    expect(Y.decodeStateVector(Y.encodeStateVector(doc))).toEqual(
      new Map([
        [7, 5],
        [9, 5],
      ]),
    );
    const copy = cloneOf(doc);
    expect(copy.getText("t").toString()).toBe("keep move");
    expect(copy.getMap("m").toJSON()).toEqual({ k: [] });
    copy.clientID = 11;
    copy.getText("t").insert(9, "!");
    expect(reidentify(copy, { client: 9, clock: 0 }, 12, () => true)).toBe(false);
    expect(copy.getText("t").toString()).toBe("keep move!");
    // What the log does not have follows.
    expect(reidentify(copy, { client: 9, clock: 0 }, 12, ({ client }) => client !== 11)).toBe(true);
    expect(cloneOf(copy).getText("t").toString()).toBe("keep move!");
    expect(Y.getState(copy.store, 9)).toBe(0);
  });

  test("DU12 what was written beside other content than is here keeps its place under the new id", () => {
    const base = new Y.Doc();
    base.clientID = 3;
    base.getText("t").insert(0, "z");
    const [here, twin] = [cloneOf(base), cloneOf(base)];
    for (const doc of [here, twin]) doc.clientID = 5;
    here.getText("t").insert(1, "q");
    twin.getText("t").insert(0, "r");
    twin.clientID = 3;
    const before = Y.encodeStateVector(twin);
    twin.getText("t").insert(0, "m");
    // Before the twin's "r" there; here the same id is the "q".
    Y.applyUpdate(here, Y.encodeStateAsUpdate(twin, before));
    expect(here.getText("t").toString()).toBe("mzq");
    expect(reidentify(here, { client: 3, clock: 1 }, 4, () => true)).toBe(true);
    expect(cloneOf(here).getText("t").toString()).toBe("mzq");
  });

  test("DU12 and keeps it when others come there later", () => {
    const base = new Y.Doc();
    base.clientID = 30;
    base.getText("t").insert(0, "ab");
    const insert = (doc: Y.Doc, client: number, index: number, letter: string): Uint8Array => {
      const before = Y.encodeStateVector(doc);
      doc.clientID = client;
      doc.getText("t").insert(index, letter);
      return Y.encodeStateAsUpdate(doc, before);
    };
    const [here, twin, other] = [cloneOf(base), cloneOf(base), cloneOf(base)];
    insert(here, 5, 1, "r");
    insert(twin, 5, 0, "r");
    // Before the twin's "r", which began the text there.
    Y.applyUpdate(here, insert(twin, 40, 0, "m"));
    expect(here.getText("t").toString()).toBe("amrb");
    expect(reidentify(here, { client: 40, clock: 0 }, 41, () => true)).toBe(true);
    const late = insert(other, 50, 1, "z");
    const reader = cloneOf(other);
    Y.applyUpdate(reader, Y.encodeStateAsUpdate(here));
    Y.applyUpdate(here, late);
    expect([here, reader].map((doc) => doc.getText("t").toString())).toEqual(["amrzb", "amrzb"]);
  });

  test("DU12 so does whatever is written there, in whatever order a reader gets it", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new SeededRandom(seed);
      const write = (doc: Y.Doc, client: number, letters: string): void => {
        doc.clientID = client;
        const text = doc.getText("t");
        for (const letter of letters) {
          text.insert(random.below(text.length + 1), letter);
          if (random.below(5) === 0) text.delete(random.below(text.length), 1);
        }
      };
      const base = new Y.Doc();
      write(base, 9, "abcd");
      write(base, 3, "ef");
      const [here, twin] = [cloneOf(base), cloneOf(base)];
      const begin = Y.getState(base.store, 3);
      write(here, 5, "ABCDEF");
      write(twin, 5, "GHIJKL");
      const before = Y.encodeStateVector(twin);
      write(twin, 3, "mnopq");
      Y.applyUpdate(here, Y.encodeStateAsUpdate(twin, before));
      write(here, 11, "xy");
      expect(reidentify(here, { client: 3, clock: begin }, 4, () => false)).toBe(true);
      const seen = here.getText("t").toString();
      const reader = new Y.Doc();
      for (const client of [5, 11, 4, 3, 9]) Y.applyUpdate(reader, ofClient(here, client));
      expect(
        [reader, cloneOf(here)].map((doc) => doc.getText("t").toString()),
        `seed ${seed}`,
      ).toEqual([seen, seen]);
    }
  });
});
