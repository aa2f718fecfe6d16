import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GroupPattern } from "./pattern.ts";

const matches = (pattern: string, group: string) => GroupPattern.read(pattern)?.matches(group);

describe("GroupPattern", () => {
  test.each<[string, string[], string[]]>([
    ["doc", ["doc"], ["doc.", "do", "Doc", "xdoc", ""]],
    ["doc.?", ["doc.a", "doc.😀"], ["doc.", "doc..", "doc.ab"]],
    ["doc.*", ["doc.", "doc.a", "doc.abc"], ["doc", "doc.a.b", "xdoc.a"]],
    ["*.control", [".control", "a.control"], ["a.b.control", "a.control.x"]],
    ["doc.**", ["doc.", "doc.a.b.c"], ["doc", "docs.a"]],
    ["**", ["", "a", "a.b"], []],
    ["*", ["", "a"], ["a.b", "."]],
    ["**.x", [".x", "a.b.x", ".x.x"], ["x", "a.x.y"]],
    ["a*b*c", ["abc", "aXbYc", "abbc", "abcbc"], ["ab", "aXc", "a.bc"]],
    ["***", ["", "a.b"], []],
    ["a\\\\*", ["a\\", "a\\b"], ["a*", "ab"]],
    ["a\\*\\?", ["a*?"], ["abc", "a*b"]],
    ["doc.+[0-9]$", ["doc.+[0-9]$"], ["doc.1"]],
  ])("%s", (pattern, inside, outside) => {
    for (const group of inside) expect([group, matches(pattern, group)]).toEqual([group, true]);
    for (const group of outside) expect([group, matches(pattern, group)]).toEqual([group, false]);
  });

  test.each([
    ["empty", ""],
    ["six stars", "a*b*c*d*e*f*"],
    ["three double stars count as six", "******"],
    ["too long", "a".repeat(1_025)],
    ["a backslash at the end", "a\\"],
    ["a backslash before a letter", "\\a"],
  ])("is none: %s", (_name, pattern) => {
    expect(GroupPattern.read(pattern)).toBeUndefined();
  });

  test("the limits themselves are allowed, and escaped stars are not counted", () => {
    expect(matches("a*b*c*d*e*", "abcde")).toBe(true);
    expect(matches("\\*\\*\\*\\*\\*\\**", "******x")).toBe(true);
    expect(matches("a".repeat(1_024), "a".repeat(1_024))).toBe(true);
  });

  test("means the same as a regular expression written from it", () => {
    const tokens = fc.array(fc.constantFrom("a", "b", ".", "?", "*", "**", "\\*"), { minLength: 1, maxLength: 8 });
    const groups = fc.array(fc.constantFrom("a", "b", ".", "*"), { maxLength: 10 }).map((parts) => parts.join(""));
    const meaning: Record<string, string> = { ".": "\\.", "?": "[^.]", "*": "[^.]*", "**": "[^]*", "\\*": "\\*" };
    fc.assert(
      fc.property(tokens, groups, (parts, group) => {
        // Neighbouring stars would be read as other tokens than the ones chosen.
        const chosen = parts.filter((part, i) => !(part.startsWith("*") && parts[i - 1]?.startsWith("*")));
        const pattern = GroupPattern.read(chosen.join(""));
        if (pattern === undefined) return chosen.join("").split("*").length > 6;
        const expression = new RegExp(`^${chosen.map((part) => meaning[part] ?? part).join("")}$`);
        return pattern.matches(group) === expression.test(group);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a name made to backtrack does not: the test would not end", () => {
    const pattern = GroupPattern.read(`*a*a*a*a*${"a".repeat(500)}`);
    expect(pattern?.matches(`${"a".repeat(1_023)}b`)).toBe(false);
    expect(pattern?.matches("a".repeat(1_024))).toBe(true);
  });
});
