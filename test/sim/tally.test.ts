import { expect, test } from "vitest";
import { Tally } from "./tally.ts";

test("kinds are put together by their first word, with the share of the worlds that had them", () => {
  const tally = new Tally();
  tally.add({ counts: { edit: 1_000, "fault-offline": 2 } });
  tally.add({ counts: { edit: 500, "fault-hide": 1 } });
  expect(tally.lines()).toEqual(["edit: 1,500 (100 %)", "fault: hide 1 (50 %), offline 2 (50 %)"]);
});
