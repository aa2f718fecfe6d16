import { expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";

test.each([
  [["--bogus"], "--bogus"],
  [["--seeds", "abc"], '--seeds is "abc"'],
  [["--seeds", "0"], '--seeds is "0"'],
  [["--seeds", ""], '--seeds is ""'],
  [["--jobs", "0"], '--jobs is "0"'],
  [["--from", "-1"], "--from"],
  [["--seed", "1.5"], '--seed is "1.5"'],
  [["--mutant", "nope"], 'No mutant "nope"'],
  [["--trace"], "go with --seed"],
])("%j is wrong, and says why", (args, problem) => {
  expect(readCommandLine(args)).toMatchObject({ type: "wrong", problem: expect.stringContaining(problem) });
});

test("the defaults, one world, and the help", () => {
  const many = { type: "many", seeds: 2_000, from: null, jobs: 2, mutant: undefined, resume: undefined };
  expect(readCommandLine([])).toEqual(many);
  expect(readCommandLine(["--from", "9"])).toEqual({ ...many, from: 9 });
  expect(readCommandLine(["--seed", "7", "--trace"])).toEqual({ type: "one", seed: 7, trace: true, shrink: false });
  expect(readCommandLine(["--help"])).toEqual({ type: "help" });
});
