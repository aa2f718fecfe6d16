import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import {
  bytesOf,
  hostileUpdates,
  item,
  nestedMaps,
  oneBlock,
  parts,
  quadraticScan,
  scannedText,
  stateDependent,
  throwsWhenApplied,
} from "./testing/hostile.ts";
import type { UpdateLimits, UpdateSummary } from "./update-summary.ts";
import { liveLimits, uploadLimits, validateUpdate } from "./validate-update.ts";

function accepted(update: Uint8Array, limits: UpdateLimits = uploadLimits): UpdateSummary {
  const validated = validateUpdate(update, limits);
  if (!validated.ok) throw new Error(validated.problem);
  return validated.summary;
}

describe("hostile updates are refused", () => {
  test.each(hostileUpdates)("$name: $problem", ({ bytes, problem }) => {
    expect(validateUpdate(bytes, uploadLimits)).toEqual({ ok: false, problem });
  });

  test("V2 bytes, also of an empty document", () => {
    const doc = new Y.Doc();
    expect(validateUpdate(Y.encodeStateAsUpdateV2(doc), uploadLimits).ok).toBe(false);
    doc.getText("t").insert(0, "hello");
    doc.getMap("m").set("key", [1, 2, 3]);
    expect(validateUpdate(Y.encodeStateAsUpdateV2(doc), uploadLimits).ok).toBe(false);
    doc.destroy();
  });

  test("each refusal ends, however much the bytes promise", () => {
    for (const { bytes } of hostileUpdates) expect(typeof validateUpdate(bytes, uploadLimits).ok).toBe("boolean");
  });
});

describe("hostile by state or by cost, not by structure", () => {
  test.each(stateDependent)("$name is well formed, and named as missing", ({ bytes }) => {
    expect(Coverage.empty().missingFor(accepted(bytes))).not.toEqual([]);
  });

  test("the quadratic conflict scan is a valid upload, but too large to be live", () => {
    expect(accepted(quadraticScan(5_000)).structCount).toBe(5_000);
    expect(accepted(scannedText(5_000)).structCount).toBe(1);
    expect(validateUpdate(quadraticScan(5_000), liveLimits)).toEqual({ ok: false, problem: "too-many-structs" });
  });
});

describe("hostile by meaning", () => {
  test("5,000 maps in one another are a valid upload, but too large to be live: depth is checked after a trial apply", () => {
    expect(accepted(nestedMaps(5_000)).structCount).toBe(5_000);
    expect(validateUpdate(nestedMaps(5_000), liveLimits)).toEqual({ ok: false, problem: "too-many-structs" });
  });

  test("a well-formed, applicable update can still make Yjs throw: a trial apply is needed too", () => {
    expect(Coverage.empty().missingFor(accepted(throwsWhenApplied))).toEqual([]);
    const doc = new Y.Doc();
    expect(() => Y.applyUpdate(doc, throwsWhenApplied)).toThrow("Unexpected case");
  });
});

describe("limits", () => {
  const text = new Y.Doc();
  text.getText("t").insert(0, "hello");
  const update = Y.encodeStateAsUpdate(text);

  test("bytes: N passes, N - 1 does not", () => {
    expect(validateUpdate(update, { ...liveLimits, bytesMax: update.length }).ok).toBe(true);
    expect(validateUpdate(update, { ...liveLimits, bytesMax: update.length - 1 })).toEqual({
      ok: false,
      problem: "update-too-large",
    });
  });

  test.each([
    { limit: "clientsMax", bytes: bytesOf(parts(2, 1, 9, 0, 0, 1, 1, 5, 0, 0, 1, 0)), problem: "too-many-clients" },
    { limit: "structsMax", bytes: oneBlock(5, [parts(0, 1), item(4, "x")]), problem: "too-many-structs" },
    {
      limit: "deleteClientsMax",
      bytes: bytesOf(parts(0, 2, 5, 1, 0, 1, 6, 1, 0, 1)),
      problem: "too-many-delete-clients",
    },
    { limit: "deleteRangesMax", bytes: bytesOf(parts(0, 1, 5, 2, 0, 1, 3, 1)), problem: "too-many-delete-ranges" },
    { limit: "clockMax", bytes: bytesOf(parts(0, 1, 5, 1, 0, 2)), problem: "clock-too-large" },
    { limit: "jsonDepthMax", bytes: oneBlock(5, [item(5, "[[]]")]), problem: "json-too-deep" },
    {
      limit: "jsonDepthMax",
      bytes: oneBlock(5, [item(8, 1, Uint8Array.of(117, 1, 117, 0))]),
      problem: "any-too-deep",
    },
    {
      limit: "subdocumentsMax",
      bytes: oneBlock(5, [item(9, "a", Uint8Array.of(118, 0)), item(9, "b", Uint8Array.of(118, 0))]),
      problem: "too-many-subdocuments",
    },
    {
      limit: "rootNamesMax",
      bytes: oneBlock(5, [item(4, "x"), parts(Uint8Array.of(4), 1, "u", "x")]),
      problem: "too-many-root-names",
    },
  ] as const)("$limit: 2 passes, 1 does not", ({ limit, bytes, problem }) => {
    expect(validateUpdate(bytes, { ...uploadLimits, [limit]: 2 }).ok).toBe(true);
    expect(validateUpdate(bytes, { ...uploadLimits, [limit]: 1 })).toEqual({ ok: false, problem });
  });
});

describe("summary", () => {
  test("an empty update says nothing", () => {
    expect(accepted(Uint8Array.of(0, 0))).toEqual({ structs: [], deletes: [], structCount: 0, needs: new Map() });
  });

  test("a string counts UTF-16 units", () => {
    const { structs } = accepted(oneBlock(5, [item(4, "a😀é")]));
    expect(structs).toEqual([{ client: 5, clock: 0, length: 4, kind: "item" }]);
  });

  test("legacy JSON content, undefined included, is read as Yjs reads it", () => {
    const update = oneBlock(5, [item(2, 3, '{"a":[1]}', "undefined", "null")]);
    expect(accepted(update).structs).toEqual([{ client: 5, clock: 0, length: 3, kind: "item" }]);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, update);
    expect(doc.getArray("t").toArray()).toEqual([{ a: [1] }, undefined, null]);
    doc.destroy();
  });

  test("clients ascend, ranges of one kind are merged, deletions are sorted and merged", () => {
    const update = bytesOf(
      parts(2, 3, 9, 10, 0, 1, 0, 2, item(1, 4), 2, 5, 0, item(4, "xy"), 10, 3),
      parts(2, 9, 3, 8, 2, 0, 1, 1, 1, 5, 1, 0, 1),
    );
    expect(accepted(update)).toEqual({
      structs: [
        { client: 5, clock: 0, length: 2, kind: "item" },
        { client: 5, clock: 2, length: 3, kind: "skip" },
        { client: 9, clock: 10, length: 3, kind: "gc" },
        { client: 9, clock: 13, length: 4, kind: "deleted" },
      ],
      deletes: [
        { client: 5, clock: 0, length: 1 },
        { client: 9, clock: 0, length: 2 },
        { client: 9, clock: 8, length: 2 },
      ],
      structCount: 5,
      needs: new Map(),
    });
  });

  test("needs name what lies beyond the update's own ranges", () => {
    const origin = (client: number, clock: number) => parts(Uint8Array.of(0x84), client, clock, "x");
    const update = bytesOf(parts(2, 3, 9, 0, origin(5, 1), origin(5, 7), origin(3, 2), 1, 5, 0, item(4, "abcd"), 0));
    expect(accepted(update).needs).toEqual(
      new Map([
        [5, 8],
        [3, 3],
      ]),
    );
  });
});
