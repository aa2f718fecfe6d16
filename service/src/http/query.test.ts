import { describe, expect, test } from "vitest";
import { RequestProblem } from "./problems.ts";
import { Query } from "./query.ts";

describe("Query", () => {
  test("names ignore case, values do not, and keep their order", () => {
    const query = new Query("Excluded=B&a=1&excluded=a&EXCLUDED=&b=%2F+%20");
    expect(query.all("excluded")).toEqual(["B", "a", ""]);
    expect(query.one("A")).toBe("1");
    expect(query.one("b")).toBe("/  ");
    expect(query.one("c")).toBeUndefined();
    expect(query.all("__proto__")).toEqual([]);
  });

  test("a parameter that counts once must not be repeated, whatever its case", () => {
    expect(() => new Query("a=1&A=1").one("a")).toThrow(RequestProblem);
    expect(() => new Query("top=1&TOP=1").wholeNumber("top", { min: 1, max: 9 })).toThrow(
      "top must be given at most once.",
    );
  });

  test.each<[string, number | undefined]>([
    ["", undefined],
    ["n=1", 1],
    ["n=200", 200],
    ["n=0200", 200],
  ])("%j is the whole number %s", (search, value) => {
    expect(new Query(search).wholeNumber("n", { min: 1, max: 200 })).toBe(value);
  });

  test.each(["n=", "n=0", "n=201", "n=-1", "n=1.0", "n=1e1", "n=0x1", "n=%201", "n=٣", "n=99999999999", "n=NaN"])(
    "%j is none from 1 to 200",
    (search) => {
      const read = () => new Query(search).wholeNumber("n", { min: 1, max: 200 });
      expect(read).toThrow("n must be a whole number from 1 to 200.");
    },
  );
});
