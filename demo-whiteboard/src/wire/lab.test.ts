import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installLab } from "./lab.ts";

/** A socket that sends to itself and is always open. */
class EchoSocket extends EventTarget {
  static readonly OPEN = 1;
  readyState = 1;
  readonly sent: unknown[] = [];

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}

describe("a line that can be slowed and cut", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function begin() {
    const page = { WebSocket: EchoSocket } as unknown as Window & typeof globalThis;
    const lab = installLab(page, { mayKill: false });
    const socket = new page.WebSocket("ws://localhost");
    const heard: unknown[] = [];
    socket.addEventListener("message", (event) => heard.push(event.data));
    const hear = (data: string) => socket.dispatchEvent(new MessageEvent("message", { data }));
    return { lab, socket, heard, hear, sent: (socket as unknown as EchoSocket).sent };
  }

  test("nothing waits while nothing is slowed", () => {
    const { socket, hear, heard, sent } = begin();
    hear("a");
    socket.send("b");
    expect([heard, sent]).toEqual([["a"], ["b"]]);
  });

  test("slowed messages keep their order, also those that come when it is fast again", () => {
    const { lab, socket, hear, heard, sent } = begin();
    lab.slowMs.set(400);
    hear("a");
    socket.send("A");
    lab.slowMs.set(0);
    hear("b");
    socket.send("B");
    expect([heard, sent]).toEqual([[], []]);
    vi.advanceTimersByTime(400);
    expect([heard, sent]).toEqual([
      ["a", "b"],
      ["A", "B"],
    ]);
    hear("c");
    expect(heard).toEqual(["a", "b", "c"]);
  });

  test("a cut line is closed, and sends nothing that still waited", () => {
    const { lab, socket, sent } = begin();
    lab.slowMs.set(400);
    socket.send("late");
    lab.drop();
    vi.advanceTimersByTime(400);
    expect(socket.readyState).toBe(3);
    expect(sent).toEqual([]);
  });
});
