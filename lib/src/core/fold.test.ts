import { describe, expect, test } from "vitest";
import { Coverage, digestOf, sha256 } from "y-webpubsub/core";
import * as Y from "yjs";
import { foldDocument, openDocument } from "./fold.ts";

/** A document's updates, one for each edit. */
function edits(client: number, ...edit: readonly ((doc: Y.Doc) => void)[]): { doc: Y.Doc; updates: Uint8Array[] } {
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const change of edit) change(doc);
  return { doc, updates };
}

const typed = () =>
  edits(
    7,
    (doc) => doc.getText("t").insert(0, "hello world"),
    (doc) => doc.getText("t").delete(0, 6),
    (doc) => doc.getMap("m").set("k", 1),
    (doc) => doc.getMap("m").set("k", 2),
  );

function textOf(payload: Uint8Array): string {
  const doc = new Y.Doc();
  Y.applyUpdateV2(doc, payload);
  return doc.getText("t").toString();
}

describe("foldDocument", () => {
  test("DU11 the fold has the digest of the document, in one step or in two", () => {
    const { doc, updates } = typed();
    const once = foldDocument({ payload: null, updates });
    const half = foldDocument({ payload: null, updates: updates.slice(0, 2) });
    const twice = foldDocument({ payload: half.payload, updates: updates.slice(2) });
    for (const folded of [once, twice]) {
      expect([...folded.digest]).toEqual([...digestOf(doc)]);
      expect([...sha256(folded.payload)]).toEqual([...folded.hash]);
      expect([folded.bad, folded.waiting]).toEqual([[], []]);
      const coverage = Coverage.decode(folded.coverage);
      expect(coverage.ok && coverage.value.equals(Coverage.fromSnapshot(Y.snapshot(doc)))).toBe(true);
    }
  });

  test("a document that is only looked at has the content, the clocks and the deletions of one that is kept", () => {
    const { updates } = typed();
    const others = edits(8, (doc) => {
      const list = doc.getArray<Y.Map<number>>("list");
      list.push([new Y.Map([["n", 1]]), new Y.Map([["n", 2]])]);
      list.delete(0);
    }).updates;
    const { payload } = foldDocument({ payload: null, updates: [...updates, ...others] });
    const more = edits(9, (doc) => doc.getText("t").insert(0, "and more ")).updates;
    const broken = Uint8Array.of(1, 1, 9, 0, 99, 9);
    for (const late of [[], more, [...more, broken], [nested(20_000), ...more]]) {
      const kept = openDocument({ payload, updates: late }, "keep");
      const looked = openDocument({ payload, updates: late }, "look");
      expect(digestOf(looked.doc)).toEqual(digestOf(kept.doc));
      expect(looked.doc.getText("t").toString()).toBe(kept.doc.getText("t").toString());
      expect(looked.doc.getArray("list").toJSON()).toEqual([{ n: 2 }]);
      expect(looked.bad).toEqual(kept.bad);
    }
  });

  test("content that is deleted after a snapshot is not in the next one", () => {
    const { doc, updates } = edits(
      7,
      (made) => made.getText("t").insert(0, "a secret word"),
      (made) => made.getText("t").delete(2, 7),
    );
    const first = foldDocument({ payload: null, updates: updates.slice(0, 1) });
    const second = foldDocument({ payload: first.payload, updates: updates.slice(1) });
    expect(Buffer.from(first.payload).toString("latin1")).toContain("secret");
    expect(Buffer.from(second.payload).toString("latin1")).not.toContain("secret");
    expect(textOf(second.payload)).toBe(doc.getText("t").toString());
  });

  test("DU9 an update that throws is found, whatever comes before and after it", () => {
    const { updates } = typed();
    const broken = Uint8Array.of(1, 1, 9, 0, 99, 9);
    const others = edits(8, (doc) => doc.getText("t").insert(0, "more ")).updates;
    const all = [...updates, broken, ...others];
    const folded = foldDocument({ payload: null, updates: all });
    expect(folded.bad).toEqual([updates.length]);
    expect([...textOf(folded.payload)].sort().join("")).toBe([..."more world"].sort().join(""));
  });

  test("DU9 an update that applies and can never be written again is found too", () => {
    const { updates } = typed();
    const deep = nested(20_000);
    const folded = foldDocument({ payload: null, updates: [...updates, deep] });
    expect(folded.bad).toEqual([updates.length]);
    expect(textOf(folded.payload)).toBe("world");
  });

  test("an update that waits is left out, and taken when what it waits for is there", () => {
    const { doc, updates } = typed();
    const [first = new Uint8Array(), ...rest] = updates;
    const without = foldDocument({ payload: null, updates: rest });
    expect([without.bad, without.waiting.length]).toEqual([[], rest.length]);
    const late = foldDocument({ payload: null, updates: [...rest, first] });
    expect([late.waiting, [...late.digest]]).toEqual([[], [...digestOf(doc)]]);
  });

  test("a snapshot that cannot be applied is an error, never an empty document", () => {
    const { updates } = typed();
    expect(() => foldDocument({ payload: Uint8Array.of(1, 2, 3), updates })).toThrow();
  });
});

/** One embedded value of arrays inside arrays: Yjs reads it and cannot write it. */
function nested(depth: number): Uint8Array {
  const json = new TextEncoder().encode(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  const length: number[] = [];
  for (let left = json.length; ; left >>>= 7) {
    if (left < 128) {
      length.push(left);
      break;
    }
    length.push((left & 127) | 128);
  }
  // One client, one struct: client 9, clock 0, ContentEmbed under the root "e", no deletes.
  return Uint8Array.of(1, 1, 9, 0, 5, 1, 1, 101, ...length, ...json, 0);
}
