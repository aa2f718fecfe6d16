import { describe, expect, test } from "vitest";
import { wrap } from "./words.ts";

/** Each character is one wide. */
const measure = (text: string): number => text.length;

describe("wrap", () => {
  test.each([
    ["one two three", 7, ["one two", "three"]],
    ["one two three", 8, ["one two", "three"]],
    ["first\n\nlast", 20, ["first", "", "last"]],
    ["", 10, [""]],
    ["abcdefgh", 3, ["abc", "def", "gh"]],
    ["to abcdefgh", 5, ["to", "abcde", "fgh"]],
    ["a  b", 10, ["a  b"]],
    ["ends with space ", 20, ["ends with space"]],
    ["narrow", 0, ["n", "a", "r", "r", "o", "w"]],
    ["🙂🙂", 1, ["🙂", "🙂"]],
  ] as const)("%j at %i", (text, width, lines) => {
    expect(wrap(text, width, measure)).toEqual(lines);
  });
});
