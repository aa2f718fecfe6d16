import { describe, expect, test } from "vitest";
import { TrafficMeter } from "./traffic.ts";

describe("the traffic meter", () => {
  test("counts frames and bytes by kind, and units by both rules", () => {
    const meter = new TrafficMeter((bytes) => bytes + 48);
    expect(meter.published("edit", 2_000, 3)).toBe(3);
    expect(meter.published("edit", 2_001, 3)).toBe(6);
    expect(meter.published("tail", 16, 0)).toBe(0);
    meter.received("presence", 976);
    meter.received("unreadable", 976);
    const { kinds, ...total } = meter.total;
    expect(total).toEqual({
      framesOut: 3,
      bytesOut: 4_017,
      unitsOut: { perMessage: 9, perByte: (2_048 * 3 + 2_049 * 3) / 2_048 },
      framesIn: 2,
      bytesIn: 1_952,
      unitsIn: { perMessage: 2, perByte: 1 },
    });
    expect(Object.keys(kinds).sort()).toEqual(["edit", "presence", "tail", "unreadable"]);
    expect(kinds["edit"]).toMatchObject({ framesOut: 2, framesIn: 0, unitsOut: { perMessage: 9 } });
  });
});
