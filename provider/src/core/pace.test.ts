import { describe, expect, test } from "vitest";
import { paceLimits } from "./limits.ts";
import { Pace } from "./pace.ts";
import type { SessionId } from "./ports.ts";
import { VirtualClock } from "./testing/virtual-clock.ts";

const session = (number: number): SessionId => `session-${String(number).padStart(8, "0")}` as SessionId;

describe("the pace of a room", () => {
  test("SY5 one writer has the shortest window in every room that one unit of the service serves", () => {
    const pace = new Pace(new VirtualClock(), { policy: "responsive", unitsPerHour: null });
    expect([1, 2, 10, 50, 100].map((members) => pace.editWindowMs(members))).toEqual([50, 50, 50, 50, 50]);
  });

  test("SY5 writers share what the room may deliver, and the share grows back when they stop", async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, { policy: "responsive", unitsPerHour: null });
    for (let other = 1; other < 10; other++) pace.heardEdit(session(other));
    expect(pace.editWindowMs(100)).toBe(495);
    await clock.pass(2_001);
    expect(pace.editWindowMs(100)).toBe(50);
  });

  test("SY5 economy waits longer, within its bounds", () => {
    const pace = new Pace(new VirtualClock(), { policy: "economy", unitsPerHour: null });
    const { windowMsMin, windowMsMax } = paceLimits.economy;
    expect(pace.editWindowMs(2)).toBe(windowMsMin);
    expect(Math.round(pace.editWindowMs(50))).toBe(1633);
    expect(pace.editWindowMs(1_000)).toBe(windowMsMax);
    expect(pace.presenceWindowMs(2, 0)).toBe(windowMsMin);
  });

  test("SY5 windows grow as the budget is used, to what it bears for ever, and shrink as it is earned again", async () => {
    const clock = new VirtualClock();
    const pace = new Pace(clock, { policy: "responsive", unitsPerHour: 3_600 });
    // An allowance of ten minutes: 600 units. A frame to 9 others costs 9 units, so one in 9 s is bearable.
    pace.spent(300);
    expect(pace.editWindowMs(10)).toBe(50);
    pace.spent(150);
    expect(pace.editWindowMs(10)).toBe(50 + (9_000 - 50) / 2);
    pace.spent(150);
    expect(pace.editWindowMs(10)).toBe(9_000);
    expect(pace.presenceWindowMs(10, 3)).toBe(9_000);
    pace.spent(1_000_000);
    expect(pace.editWindowMs(10)).toBe(50 + (9_000 - 50) * 3);
    await clock.pass(3_600_000);
    expect(pace.editWindowMs(10)).toBe(50);
  });

  test("SY5 however small the budget, a change waits a minute at most", () => {
    const pace = new Pace(new VirtualClock(), { policy: "economy", unitsPerHour: 1 });
    pace.spent(1);
    expect(pace.editWindowMs(50)).toBe(paceLimits.budgetWindowMsMax);
  });

  test("sessions remembered as writers are bounded", () => {
    const pace = new Pace(new VirtualClock());
    for (let other = 0; other < 5_000; other++) pace.heardEdit(session(other));
    expect(pace.editWindowMs(2)).toBe((1_025 * 1_000) / 2_000);
  });
});
