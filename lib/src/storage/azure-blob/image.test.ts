import { describe, expect, test } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { documentKey, recordKey, scopeOf, secretKey } from "../keys.ts";
import { decodeImage, decodeRun, encodeImage, encodeRun, type Image, named } from "./image.ts";
import { blobLimits } from "./limits.ts";
import { Recent } from "./recent.ts";

const scope = documentKey("a document" as DocumentId);
const key = (rest: string) => recordKey("entry", scope, rest);
const corrupt = expect.objectContaining({ name: "StoreError", code: "corrupt" });
const image: Image = {
  writes: ["one", "two"],
  runs: [{ part: "p1", first: key("a"), last: key("b") }],
  places: new Map([
    [recordKey("head", scope), { at: "here", value: Uint8Array.of(1, 2, 3) }],
    [key("c"), { at: "part", part: "p2" }],
    [key("a"), { at: "nowhere" }],
  ]),
};

describe("the root blob", () => {
  test("is read back as it was written, and so is a run", () => {
    expect(decodeImage(scope, encodeImage(scope, image))).toEqual(image);
    expect(decodeRun(scope, encodeRun(scope, image.places))).toEqual(image.places);
  });

  test("of a secret has the secret's own key", () => {
    const secret = secretKey("signing");
    const alone: Image = { writes: [], runs: [], places: new Map([[secret, { at: "here", value: Uint8Array.of(9) }]]) };
    expect(decodeImage(scopeOf(secret), encodeImage(scopeOf(secret), alone))).toEqual(alone);
  });

  test("DU10 is corrupt when any byte is another, when it is cut anywhere, and under another document's name", () => {
    const bytes = encodeImage(scope, image);
    for (let at = 0; at < bytes.length; at++) {
      const other = bytes.map((byte, index) => (index === at ? byte ^ 0x40 : byte));
      expect(() => decodeImage(scope, other), `byte ${at}`).toThrow(corrupt);
      expect(() => decodeImage(scope, bytes.slice(0, at)), `cut at ${at}`).toThrow(corrupt);
    }
    expect(() => decodeImage(documentKey("another" as DocumentId), bytes)).toThrow(corrupt);
  });

  test("names the last writes only", () => {
    let next: Image = { ...image, writes: [] };
    for (let write = 0; write < 100; write++) next = named(next, `${write}`);
    expect(next.writes).toHaveLength(blobLimits.writesNamed);
    expect(next.writes.at(-1)).toBe("99");
  });
});

test("what was used least recently is left out beyond the bound", () => {
  const recent = new Recent<string>(10);
  recent.set("a", "A", 4);
  recent.set("b", "B", 4);
  expect(recent.get("a")).toBe("A");
  recent.set("c", "C", 4);
  expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual(["A", null, "C"]);
  recent.set("huge", "H", 11);
  expect(recent.get("huge")).toBeNull();
});
