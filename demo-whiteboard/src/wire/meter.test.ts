import { describe, expect, test } from "vitest";
import { bytesInWords, Meter, READINGS } from "./meter.ts";

const facts = (messagesIn: number, bytesIn: number, messagesOut = 0, bytesOut = 0) => ({
  messagesIn,
  bytesIn,
  messagesOut,
  bytesOut,
  unitsIn: 0,
  unitsOut: 0,
  savedCursor: null,
});

describe("the meter of the wire panel", () => {
  test("shows what came and went since the reading before", () => {
    const meter = new Meter();
    meter.read(facts(10, 1_000));
    expect(meter.last).toEqual({ messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 });
    meter.read(facts(12, 1_500, 1, 90));
    expect(meter.last).toEqual({ messagesIn: 2, bytesIn: 500, messagesOut: 1, bytesOut: 90 });
  });

  test("counters that began anew are no traffic, and only the last minute is kept", () => {
    const meter = new Meter();
    meter.read(facts(500, 9_000));
    meter.read(facts(1, 20));
    expect(meter.last.messagesIn).toBe(0);
    for (let second = 0; second < 3 * READINGS; second += 1) meter.read(facts(second, second));
    expect(meter.readings).toHaveLength(READINGS);
  });

  test("bytes are told in the unit that fits", () => {
    expect([999, 1_000, 2_500_000].map(bytesInWords)).toEqual(["999 B", "1.0 KB", "2.5 MB"]);
  });
});
