import { describe, expect, test } from "vitest";
import { Progress } from "./progress.ts";

function start(isTTY: boolean, total: number) {
  const said: string[] = [];
  const clock = { now: 0 };
  const out = { isTTY, write: (part: string | Uint8Array) => said.push(String(part)) };
  return { said, clock, progress: new Progress(out, "exported", total, () => clock.now) };
}

describe("progress", () => {
  test("is a bar drawn over itself on a terminal", () => {
    const { said, progress } = start(true, 2);
    progress.step();
    progress.step();
    progress.end();
    expect(said).toEqual([
      `\rexported [${"#".repeat(15)}${"-".repeat(15)}] 1 of 2`,
      `\rexported [${"#".repeat(30)}] 2 of 2`,
      `\rexported [${"#".repeat(30)}] 2 of 2\n`,
    ]);
  });

  test("is a line now and then elsewhere, and one at the end", () => {
    const { said, clock, progress } = start(false, 3);
    progress.step();
    clock.now = 5_000;
    progress.step();
    progress.step();
    progress.end();
    expect(said).toEqual(["exported 2 of 3\n", "exported 3 of 3\n"]);
  });

  test("counts when nobody knows how many there will be", () => {
    const { said, progress } = start(true, 0);
    progress.step();
    progress.end();
    expect(said).toEqual(["\rexported 1", "\rexported 1\n"]);
  });
});
