import { describe, expect, test } from "vitest";
import { readMetadata } from "./metadata.ts";

describe("readMetadata", () => {
  test.each<[string, [string, string][]]>([
    ["nothing", []],
    ["every character of a key", [["!#$%&'*+-.^_`|~09AZaz", ""]]],
    [
      "keys that differ by case",
      [
        ["a", "1"],
        ["A", "2"],
      ],
    ],
    [
      "a key like a member of every object",
      [
        ["__proto__", "x"],
        ["constructor", "y"],
      ],
    ],
    ["256 bytes of key, 1024 of value", [["k".repeat(256), "v".repeat(1_024)]]],
    ["8192 bytes in all", Array.from({ length: 8 }, (_item, i) => [`${i}${"k".repeat(3)}`, "v".repeat(1_020)])],
    ["control characters in a value", [["k", "\u0000\t\u007f"]]],
  ])("takes %s", (_name, pairs) => {
    expect(readMetadata(pairs)).toEqual({ ok: true, metadata: new Map(pairs) });
  });

  test.each<[string, [string, string][]]>([
    ["an empty key", [["", "v"]]],
    ["a blank in a key", [["a b", "v"]]],
    ["a key with a colon", [["a:b", "v"]]],
    ["a key with an umlaut", [["ä", "v"]]],
    ["a key of 257 bytes", [["k".repeat(257), "v"]]],
    ["a value that is not ASCII", [["k", "ü"]]],
    ["a value of 1025 bytes", [["k", "v".repeat(1_025)]]],
    ["8193 bytes in all", Array.from({ length: 9 }, (_item, i) => [`${i}k`, "v".repeat(i < 8 ? 1_022 : 0)])],
    [
      "a key twice",
      [
        ["k", "1"],
        ["k", "1"],
      ],
    ],
  ])("refuses %s", (_name, pairs) => {
    expect(readMetadata(pairs)).toMatchObject({ ok: false, problem: expect.stringContaining("metadata") });
  });
});
