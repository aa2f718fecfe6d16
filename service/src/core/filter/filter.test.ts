import { describe, expect, test } from "vitest";
import { defaultLimits } from "../limits.ts";
import { parseFilter } from "./filter.ts";
import type { Subject } from "./subject.ts";

const ada: Subject = {
  connectionId: "Connection-1",
  userId: " Ada-ab-de ",
  protocol: "json.webpubsub.azure.v1",
  groups: new Set(["g1", "g2"]),
};
const anonymous: Subject = { connectionId: "c2", userId: undefined, protocol: undefined, groups: new Set() };

function matches(text: string, subject: Subject): boolean | string {
  const parsed = parseFilter(text, defaultLimits);
  return parsed.ok ? parsed.filter(subject) : parsed.problem;
}

function problem(text: string): string {
  const parsed = parseFilter(text, defaultLimits);
  return parsed.ok ? "no problem" : parsed.problem;
}

describe("what a filter matches", () => {
  test.each<[string, boolean, boolean]>([
    ["true", true, true],
    ["false", false, false],
    ["userId eq ' Ada-ab-de '", true, false],
    ["USERID eq ' Ada-ab-de '", true, false],
    ["userId eq 'ada'", false, false],
    ["userId ne 'ada'", true, true],
    ["userId eq null", false, true],
    ["null eq userId", false, true],
    ["userId ne null", true, false],
    ["connectionId eq 'Connection-1'", true, false],
    ["connectionid ne 'Connection-1'", false, true],
    ["protocol eq 'json.webpubsub.azure.v1'", true, false],
    ["protocol eq null", false, true],
    ["'g1' in groups", true, false],
    ["'G1' in GROUPS", false, false],
    ["'g1' in (groups)", true, false],
    ["userId in groups", false, false],
    ["1 in groups", false, false],
    ["null in groups", false, false],
    ["not ('g1' in groups)", false, true],
    ["not not ('g1' in groups)", true, false],
    ["userId in ('x', ' Ada-ab-de ')", true, false],
    ["userId in ('x','Doe, John')", false, false],
    ["'O''Brien, Jane' in ('x','O''Brien, Jane')", true, true],
    ["userId in ('x', null)", false, true],
    ["length(groups) in (0, 1)", false, true],
    ["connectionId in (concat('c', '2'))", false, true],
    ["length(groups) gt 1", true, false],
    ["length(groups) ge 2", true, false],
    ["length(groups) lt 2", false, true],
    ["length(groups) le 0", false, true],
    ["length(userId) eq 11", true, false],
    ["length(userId) eq null", false, true],
    ["length(null) eq null", true, true],
    ["length(userId) gt 0", true, false],
    ["length(userId) le 0", false, false],
    ["null gt 1", false, false],
    ["1 le null", false, false],
    ["length('') eq 0", true, true],
    ["-2147483648 lt +2147483647", true, true],
    ["-1 eq 1", false, false],
    ["1 eq '1'", false, false],
    ["true ne 'true'", true, true],
    ["true eq (1 eq 1)", true, true],
    ["1 eq 1 eq true", true, true],
    ["tolower(userId) eq ' ada-ab-de '", true, false],
    ["toupper(userId) eq ' ADA-AB-DE '", true, false],
    ["tolower(null) eq null", true, true],
    ["trim(userId) eq 'Ada-ab-de'", true, false],
    ["substring(userId, 1) eq 'Ada-ab-de '", true, false],
    ["substring(userId,5,2) eq 'ab'", true, false],
    ["substring(userId,11) eq ''", true, false],
    ["substring(userId,12) eq null", true, true],
    ["substring(userId,-1) eq null", true, true],
    ["substring(userId,1,11) eq null", true, true],
    ["substring(userId,1,-1) eq null", true, true],
    ["substring(userId, 1, 0) eq ''", true, false],
    ["length(substring(connectionId, 5)) gt 1", true, false],
    ["startswith(userId,' Ada')", true, false],
    ["startswith(userId,'ada')", false, false],
    ["endswith(userId,'de ')", true, false],
    ["contains(userId, '-ab-')", true, false],
    ["contains(userId, null)", false, false],
    ["not contains(userId, 'x')", true, true],
    ["indexof(userId,'-ab-') eq 4", true, false],
    ["indexof(userId,'-ab-') ge 0", true, false],
    ["indexof(userId,'-ab-') eq -1", false, true],
    ["concat(userId,'x') eq ' Ada-ab-de x'", true, false],
    ["concat(userId,'x') eq 'x'", false, true],
    ["concat(userId,protocol) eq null", false, true],
    ["concat(concat('a','b'),'''') eq 'ab'''", true, true],
    ["connectionId eq 'c2' or userId eq 'x' and false", false, true],
    ["true or true and false", true, true],
    ["(true or true) and false", false, false],
    ["false and false or true", true, true],
    ["length(userId) gt 0 and length(userId) lt 3 or length(userId) gt 7 and length(userId) lt 12", true, false],
    ["\t( \r\n(true))", true, true],
    ["not(false)and(true)", true, true],
  ])("%s", (text, forAda, forAnonymous) => {
    expect(matches(text, ada)).toBe(forAda);
    expect(matches(text, anonymous)).toBe(forAnonymous);
  });
});

describe("why a filter is refused, in the words of Azure", () => {
  test.each([
    ["invalid filter", "invalid filter", "Syntax error at position 14 in 'invalid filter'."],
    ["userId lt 1", "userId lt 1", "Type 'string', expect 'int'."],
    ["not length(userId) gt 5", "not length(userId)", "Type 'null', expect 'bool'."],
    ["( not 'a' )", "not 'a'", "Type 'string', expect 'bool'."],
    ["invalid(ab,c)", "invalid(ab,c)", "Token 'invalid(ab,c)' is not supported."],
    ["ab eq 1", "ab eq 1", "Token 'ab' is not supported."],
  ])("documented or of Microsoft's emulator: %s", (text, part, detail) => {
    expect(problem(text)).toBe(`Invalid syntax for '${part}': ${detail} (Parameter 'filter')`);
  });

  test.each([
    ["not length(connectionId) gt 5", "not length(connectionId)", "Type 'int', expect 'bool'."],
    ["not userId", "not userId", "Type 'string', expect 'bool'."],
    ["not 'g1' in groups", "not 'g1'", "Type 'string', expect 'bool'."],
    ["userId", "userId", "Type 'string', expect 'bool'."],
    ["groups", "groups", "Type 'collection', expect 'bool'."],
    ["null", "null", "Type 'null', expect 'bool'."],
    ["1", "1", "Type 'int', expect 'bool'."],
    ["true and 'it''s'", "true and 'it''s'", "Type 'string', expect 'bool'."],
    ["true gt 1", "true gt 1", "Type 'bool', expect 'int'."],
    ["1 lt (1 eq 1)", "1 lt (1 eq 1)", "Type 'bool', expect 'int'."],
    ["groups eq 'g'", "groups eq 'g'", "Type 'collection', expect 'string'."],
    ["groups in ('g')", "groups in ('g')", "Type 'collection', expect 'string'."],
    ["'g' in (groups, 'g')", "'g' in (groups, 'g')", "Type 'collection', expect 'string'."],
    ["userId in 'abc'", "userId in 'abc'", "Type 'string', expect 'collection'."],
    ["1 in null", "1 in null", "Type 'null', expect 'collection'."],
    ["(userId in 'a') eq true", "userId in 'a'", "Type 'string', expect 'collection'."],
    ["tolower(1) eq '1'", "tolower(1)", "Type 'int', expect 'string'."],
    ["tolower(groups) eq '1'", "tolower(groups)", "Type 'collection', expect 'string'."],
    ["contains(userId, 1)", "contains(userId,1)", "Type 'int', expect 'string'."],
    ["concat(null, 1) eq '1'", "concat(null,1)", "Type 'int', expect 'string'."],
    ["indexof(true, 'a') eq 1", "indexof(true,'a')", "Type 'bool', expect 'string'."],
    ["substring(userId, 'a') eq ''", "substring(userId,'a')", "Type 'string', expect 'int'."],
    ["substring(userId, length(userId)) eq ''", "substring(userId,length(userId))", "Type 'null', expect 'int'."],
    ["length(1) eq 1", "length(1)", "Invalid token 'length(1)'."],
    ["length() eq 1", "length()", "Invalid token 'length()'."],
    ["trim('a','b') eq 'a'", "trim('a','b')", "Invalid token 'trim('a','b')'."],
    ["substring('a') eq 'a'", "substring('a')", "Invalid token 'substring('a')'."],
    ["substring('a',1,2,3) eq 'a'", "substring('a',1,2,3)", "Invalid token 'substring('a',1,2,3)'."],
    ["ToLower(userId) eq 'a'", "ToLower(userId)", "Token 'ToLower(userId)' is not supported."],
    ["__proto__", "__proto__", "Token '__proto__' is not supported."],
    ["constructor()", "constructor()", "Token 'constructor()' is not supported."],
    ["not ab", "not ab", "Token 'ab' is not supported."],
    ["length(ab) eq 1", "length(ab)", "Token 'ab' is not supported."],
    ["'g' in ab", "'g' in ab", "Token 'ab' is not supported."],
    ["2147483648 gt 1", "2147483648 gt 1", "Token '2147483648' is not supported."],
  ])("types and names: %s", (text, part, detail) => {
    expect(problem(text)).toBe(`Invalid syntax for '${part}': ${detail} (Parameter 'filter')`);
  });

  test.each([
    [" ", "Expression expected at position 1"],
    ["userId eq", "Expression expected at position 9"],
    ["and and", "Expression expected at position 7"],
    ["userId EQ 'a'", "Syntax error at position 9"],
    ["userId eq 'a' AND true", "Syntax error at position 17"],
    ["true)", "Syntax error at position 5"],
    ["true true", "Syntax error at position 9"],
    ["(true", "')' or operator expected at position 5"],
    ["()", "Expression expected at position 1"],
    ["userId in ()", "Expression expected at position 11"],
    ["userId in ('a',)", "Expression expected at position 15"],
    ["userId in ('a' 'b')", "')' or ',' expected at position 15"],
    ["length(groups", "')' or ',' expected at position 13"],
    ["length(,)", "Expression expected at position 7"],
    ["userId eq 'a", "There is an unterminated string literal at position 12"],
    ["userId eq 'a''", "There is an unterminated string literal at position 14"],
    ["userId = 'a'", "Syntax error: character '=' is not valid at position 7"],
    ['userId eq "a"', "Syntax error: character '\"' is not valid at position 10"],
    ["1.5 gt 1", "Syntax error: character '.' is not valid at position 1"],
    ["1a gt 1", "Syntax error: character 'a' is not valid at position 1"],
    ["- 1 lt 1", "Syntax error: character '-' is not valid at position 0"],
    ["groups/any(g: g eq 'a')", "Syntax error: character '/' is not valid at position 6"],
    ["true 😀", "Syntax error: character '😀' is not valid at position 5"],
    ["true\u0000", "Syntax error: character '\u0000' is not valid at position 4"],
  ])("syntax: %s", (text, detail) => {
    expect(problem(text)).toBe(`Invalid syntax for '${text}': ${detail} in '${text}'. (Parameter 'filter')`);
  });
});

describe("bounds", () => {
  test("32 levels of parentheses, not, calls and lists, and no more", () => {
    for (const [open, core, close] of [
      ["(", "true", ")"],
      ["not ", "true", ""],
    ] as const) {
      expect(problem(open.repeat(32) + core + close.repeat(32))).toBe("no problem");
      expect(problem(open.repeat(33) + core + close.repeat(33))).toContain("Recursion depth exceeded allowed limit.");
    }
    const calls = (count: number) => `${"trim(".repeat(count)}userId${")".repeat(count)} eq 'a'`;
    expect(problem(calls(32))).toBe("no problem");
    expect(problem(calls(33))).toContain("Recursion depth exceeded allowed limit.");
  });

  test("100 clauses, and no more, wherever they stand", () => {
    const clauses = (count: number) => Array.from({ length: count }, () => "true").join(" or ");
    expect(problem(clauses(100))).toBe("no problem");
    expect(problem(clauses(101))).toContain("more than 100 clauses");
    expect(problem(`(${clauses(60)}) and (${clauses(41)})`)).toContain("more than 100 clauses");
    expect(problem(`1${" eq 1".repeat(150)}`)).toContain("more than 100 clauses");
  });

  test("1024 characters, and no more: a longer text is not even repeated", () => {
    const text = (chars: number) => `userId eq '${"a".repeat(chars - 12)}'`;
    expect(problem(text(1_024))).toBe("no problem");
    expect(problem(text(1_025))).toBe("The filter is longer than 1024 characters. (Parameter 'filter')");
  });

  test.each(["(", "not ", "trim(", "'", "''", "1 eq ", "x in (", "-", " ", "a", "true and ", "\u0000", "\ud800"])(
    "a filter of nothing but %j is answered at once",
    (piece) => {
      const text = piece.repeat(Math.floor(1_024 / piece.length));
      expect(problem(text)).toContain("(Parameter 'filter')");
    },
  );
});

/** Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("100,000 random texts: none throws, and some of them are filters", () => {
  const seed = Number(process.env["SEED"] ?? 1);
  const random = randomFrom(seed);
  const pieces =
    "userId|connectionId|groups|protocol|(|)|(|)|,|not|and|or|eq|ne|gt|ge|lt|le|in|'a'|'g1'|''|'|1|-7|true|false|null|length|trim|concat|substring|indexof|contains|x|é|\u0000|.|/".split(
      "|",
    );
  let filters = 0;
  for (let round = 0; round < 100_000; round++) {
    const count = round % 100 === 0 ? 200 : 1 + random(12);
    const text = Array.from({ length: count }, () => pieces[random(pieces.length)]).join(random(4) === 0 ? "" : " ");
    const parsed = parseFilter(text, defaultLimits);
    if (parsed.ok) {
      filters += 1;
      expect(typeof parsed.filter(ada), `seed ${seed}: ${text}`).toBe("boolean");
      expect(typeof parsed.filter(anonymous), `seed ${seed}: ${text}`).toBe("boolean");
    } else if (!parsed.problem.endsWith("(Parameter 'filter')")) {
      expect.fail(`seed ${seed}: ${text}: ${parsed.problem}`);
    }
  }
  expect(filters, `seed ${seed}`).toBeGreaterThan(100);
});
