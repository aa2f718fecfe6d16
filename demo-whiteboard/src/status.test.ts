import { describe, expect, test } from "vitest";
import type { SessionStatus } from "./session.ts";
import { statusWords, wouldLoseWork } from "./status.ts";

const saved: SessionStatus = {
  connection: "connected",
  link: "live",
  saveState: "saved",
  role: "writer",
  everSynced: true,
  synced: true,
  unsyncedChanges: 0,
  kept: true,
};

describe("the status in words", () => {
  test.each([
    [{}, "Saved"],
    [{ saveState: "saving" }, "Saving…"],
    [{ saveState: "unknown" }, "Connecting…"],
    [{ saveState: "at-risk" }, "Not saved yet"],
    [{ link: "polling" }, "Saved, slow"],
    [{ role: "reader" }, "Read-only"],
    [{ connection: "refused", link: "offline" }, "No access"],
    [{ link: "offline", connection: "disconnected" }, "Offline"],
    [{ link: "offline", connection: "connecting" }, "Reconnecting…"],
    [{ link: "offline", connection: "connecting", everSynced: false }, "Connecting…"],
  ] as const)("%j is %s", (change, label) => {
    expect(statusWords({ ...saved, ...change }, true).label).toBe(label);
  });

  test("says Saved only when the server said so and there is a connection", () => {
    const links = ["live", "polling", "offline"] as const;
    const states = ["unknown", "saved", "saving", "at-risk"] as const;
    for (const link of links) {
      for (const saveState of states) {
        for (const online of [true, false]) {
          const { label } = statusWords({ ...saved, link, saveState }, online);
          expect(label.startsWith("Saved")).toBe(saveState === "saved" && link !== "offline");
        }
      }
    }
  });

  test("an unreachable server and a lost connection say what happens to the work", () => {
    expect(statusWords({ ...saved, saveState: "at-risk" }, true).detail).toContain(
      "live edits go on, kept in this browser",
    );
    expect(statusWords({ ...saved, link: "offline", connection: "connecting" }, false).detail).toContain(
      "kept in this browser",
    );
  });

  test("without a network it is said at once, while the line is still being looked for", () => {
    for (const saveState of ["saving", "at-risk"] as const) {
      expect(statusWords({ ...saved, saveState }, false).label).toBe("Offline");
      expect(statusWords({ ...saved, saveState }, true).label).not.toBe("Offline");
    }
  });

  test("a browser that keeps no copy is not said to keep one", () => {
    for (const status of [
      { ...saved, kept: false, saveState: "at-risk" },
      { ...saved, kept: false, link: "offline", connection: "connecting" },
    ] as const) {
      expect(statusWords(status, true).detail).toContain("kept in this tab");
    }
  });

  test("work that is not stored is never only a quiet dot", () => {
    for (const everSynced of [true, false]) {
      const status = { ...saved, link: "offline", connection: "connecting", everSynced } as const;
      expect(statusWords(status, true).tone).toBe("busy");
      expect(statusWords({ ...status, unsyncedChanges: 1 }, true)).toMatchObject({
        tone: "warn",
        detail: expect.stringContaining("kept in this browser"),
      });
    }
  });

  test("the browser asks before closing only when work would be lost", () => {
    expect(wouldLoseWork(saved)).toBe(false);
    expect(wouldLoseWork({ ...saved, saveState: "saving", unsyncedChanges: 2 })).toBe(true);
    expect(wouldLoseWork({ ...saved, saveState: "saving", unsyncedChanges: 0 })).toBe(false);
    expect(wouldLoseWork({ ...saved, role: "reader", saveState: "unknown", unsyncedChanges: 2 })).toBe(false);
  });
});
