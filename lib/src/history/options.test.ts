import { describe, expect, test } from "vitest";
import { defaultHistory, type HistoryOptions, historyOptionsOf } from "./options.ts";

describe("historyOptionsOf", () => {
  test("what is not given has its default", () => {
    expect(historyOptionsOf()).toEqual(defaultHistory);
    expect(historyOptionsOf({ pauseMs: 5_000, keepMs: undefined } as unknown as HistoryOptions)).toEqual({
      ...defaultHistory,
      pauseMs: 5_000,
    });
    expect(historyOptionsOf({ keyframeFactor: 1.5, keepMs: 86_400_000 })).toMatchObject({ keyframeFactor: 1.5 });
  });

  test.each([
    [{ pauseMs: 999 }, "history.pauseMs must be a whole number from 1000 to 6311520000000, and is 999."],
    [{ chunkBytes: 100_000.5 }, "history.chunkBytes must be a whole number from 65536 to 67108864, and is 100000.5."],
    [
      { chunkEntries: Number.POSITIVE_INFINITY },
      "history.chunkEntries must be a whole number from 10 to 100000, and is Infinity.",
    ],
    [
      { automaticVersions: Number.NaN },
      "history.automaticVersions must be a whole number from 0 to 100000, and is NaN.",
    ],
    [{ keyframeFactor: 0 }, "history.keyframeFactor must be a number from 0.05 to 20, and is 0."],
    [{ keepMs: "30 days" }, "history.keepMs must be a whole number from 3600000 to Infinity, and is a string."],
    [{ detailedMs: 10, hourlyMs: 9 }, "history.hourlyMs (9) must not be less than history.detailedMs (10). Set both."],
    [{ keepDays: 3 }, "history.keepDays is no option. There are pauseMs, everyMs, automaticVersions, detailedMs,"],
  ])("%j is refused with the next step", (given, message) => {
    expect(() => historyOptionsOf(given as unknown as HistoryOptions)).toThrow(TypeError);
    expect(() => historyOptionsOf(given as unknown as HistoryOptions)).toThrow(message);
  });
});
