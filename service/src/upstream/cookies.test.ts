import { expect, test } from "vitest";
import { Cookies } from "./cookies.ts";

function after(lines: readonly string[], bytesMax = 1_000): string | undefined {
  const cookies = new Cookies(bytesMax);
  for (const line of lines) cookies.set("h", line, Date.parse("2026-01-01"));
  return cookies.header("h");
}

test.each<[readonly string[], string | undefined]>([
  [[], undefined],
  [["a=1; Path=/; HttpOnly", "b=2=3"], "a=1; b=2=3"],
  [["a=1", "a=2"], "a=2"],
  [["a=1", "a=; Max-Age=0"], undefined],
  [["a=1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], undefined],
  [["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"], "a=1"],
  [["a=1; Expires=nonsense"], "a=1"],
  [["=1", "nothing", ""], undefined],
])("%j leave %j", (lines, header) => {
  expect(after(lines)).toBe(header);
});

test("each host gets its own", () => {
  const cookies = new Cookies(100);
  cookies.set("h", "a=1", 0);
  expect([cookies.header("h"), cookies.header("other")]).toEqual(["a=1", undefined]);
});

test("what is over the bound is not kept, and room comes back", () => {
  expect(after(["a=1234", "b=1234", "c=1"], 8)).toBe("a=1234; c=1");
  expect(after(["a=1234567", "a=; Max-Age=0", "b=1234567"], 8)).toBe("b=1234567");
});
