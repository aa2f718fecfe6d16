import { describe, expect, test } from "vitest";
import { Coverage, digestOf, sha256 } from "y-webpubsub/core";
import * as Y from "yjs";
import { foldDocument } from "./fold.ts";

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
