import fc from "fast-check";
import { expect, test } from "vitest";
import { rawMembers } from "./raw-members.ts";

const all = (text: string) => rawMembers(text, new Set(["a", "b", "data"]));

test.each([
  ['{"a":1}', "1"],
  ['{"a" : "x\\"}" , "b":2}', '"x\\"}"'],
  ['{"a":"\\\\"}', '"\\\\"'],
  ['\n{ "b":{"a":3} ,"a":\t[1,{"x":"]"}] }\r', '[1,{"x":"]"}]'],
  ['{"\\u0061":-1.5e3}', "-1.5e3"],
  ['{"a":1,"a":2}', "2"],
  ['{"b":"a","c":{"a":1}}', undefined],
  ["{}", undefined],
])("the raw text of 'a' in %s", (text, raw) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(all(text).get("a")).toBe(raw);
});

test("any object, written with any blanks: the raw text parses to the member's value", () => {
  const objects = fc.dictionary(fc.oneof(fc.constantFrom("a", "b", "data", "__proto__"), fc.string()), fc.jsonValue());
  fc.assert(
    fc.property(objects, fc.constantFrom(undefined, 1, "\t"), (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      const parsed = JSON.parse(text);
      for (const [name, raw] of all(text)) expect(JSON.parse(raw)).toEqual(parsed[name]);
      for (const name of ["a", "b", "data"]) expect(all(text).has(name)).toBe(Object.hasOwn(parsed, name));
    }),
  );
});

test("a small part of a large text is the same text", () => {
  const junk = JSON.stringify("ü".repeat(5_000));
  expect(all(`{"b":${junk},"a":"ünï \\ud83d","data":${junk}}`).get("a")).toBe('"ünï \\ud83d"');
});
