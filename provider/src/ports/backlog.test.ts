import { describe, expect, test } from "vitest";
import { Backlog } from "./backlog.ts";
import { portLimits } from "./limits.ts";

describe("the backlog of a line", () => {
  test("is full at its bound, and empties as marks arrive", () => {
    const backlog = new Backlog();
    const half = portLimits.backlogBytesMax / 2;
    expect(backlog.offer(half)).toBe("accepted");
    const first = backlog.mark();
    expect(backlog.offer(half)).toBe("accepted");
    const second = backlog.mark();
    expect(backlog.offer(1)).toBe("full");
    expect(backlog.bytes).toBe(portLimits.backlogBytesMax);
    second();
    expect(backlog.bytes).toBe(0);
    // A mark that arrives after a later one takes nothing back.
    first();
    expect(backlog.bytes).toBe(0);
    expect(backlog.offer(1)).toBe("accepted");
  });

  test("takes one message of any size when it is empty", () => {
    const backlog = new Backlog();
    expect(backlog.offer(portLimits.backlogBytesMax + 1)).toBe("accepted");
    expect(backlog.offer(1)).toBe("full");
  });

  test("asks for a mark each time so many bytes were sent", () => {
    const backlog = new Backlog();
    backlog.offer(portLimits.backlogMarkBytes - 1);
    expect(backlog.markDue).toBe(false);
    backlog.offer(1);
    expect(backlog.markDue).toBe(true);
    backlog.mark();
    expect(backlog.markDue).toBe(false);
  });

  test("forgets what was under way on a line that was lost", () => {
    const backlog = new Backlog();
    backlog.offer(portLimits.backlogBytesMax);
    const late = backlog.mark();
    backlog.clear();
    expect(backlog.bytes).toBe(0);
    backlog.offer(10);
    late();
    expect(backlog.bytes).toBe(10);
  });
});
