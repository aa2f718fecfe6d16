import { expect, test } from "vitest";
import { firstAfter } from "./member-page.ts";

const shuffled = ["d", "a", "f", "c", "B", "e", "b"];

test.each<[after: string, count: number, page: string]>([
  ["", 3, "B a b"],
  ["", 1, "B"],
  ["", 7, "B a b c d e f"],
  ["", 100, "B a b c d e f"],
  ["b", 2, "c d"],
  ["bb", 2, "c d"],
  ["e", 5, "f"],
  ["f", 5, ""],
])("after %j the first %d", (after, count, page) => {
  expect(firstAfter(shuffled, after, count).join(" ")).toBe(page);
});

test("page by page, every id comes once and in order", () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => ((i * 7_919) % 1_000).toString(36));
  const found: string[] = [];
  for (;;) {
    const page = firstAfter(ids, found.at(-1) ?? "", 33);
    if (page.length === 0) break;
    found.push(...page);
  }
  expect(found).toEqual([...ids].sort());
});
