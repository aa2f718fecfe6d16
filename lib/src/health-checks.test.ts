import { describe, expect, test } from "vitest";
import type { Opened } from "./collab.ts";
import { StoreError } from "./core/index.ts";
import { HealthChecks } from "./health-checks.ts";
import { Log, type LogLine } from "./log-line.ts";
import { MemoryStore } from "./storage/memory.ts";

async function start() {
  const store = new MemoryStore();
  await store.open();
  const state = { now: 0, stopping: false, folds: 0, opens: true, folding: true };
  const lines: LogLine[] = [];
  const checks = new HealthChecks({
    store,
    now: () => state.now,
    log: new Log((line) => lines.push(line), "key"),
    stopping: () => state.stopping,
    open: () => (state.opens ? Promise.resolve({} as Opened) : Promise.reject(new Error("no"))),
    folder: {
      fold: () => {
        state.folds += 1;
        return state.folding ? Promise.resolve({} as never) : Promise.reject(new Error("no thread"));
      },
    },
  });
  return { store, state, lines, checks };
}

const well = { server: "ok", store: "ok", keys: "ok", folder: "ok" };

describe("readiness", () => {
  test("is given when the store takes writes and the worker folds, and looked at once in 5 s", async () => {
    const { store, state, checks } = await start();
    const before = await store.setting("health");
    expect(await checks.look()).toEqual({ ready: true, parts: well });
    expect(before).toBeNull();
    expect(await store.setting("health")).toHaveLength(16);
    await Promise.all([checks.look(), checks.look()]);
    state.now = 4_999;
    await checks.look();
    expect(state.folds).toBe(1);
    state.now = 5_000;
    await checks.look();
    expect(state.folds).toBe(2);
  });

  test("is looked at anew when the clock was set back", async () => {
    const { state, checks } = await start();
    state.now = 7_200_000;
    await checks.look();
    state.now -= 3_600_000;
    await checks.look();
    expect(state.folds).toBe(2);
  });

  test("is refused by a store that only reads, with the part and without the reason; the log has the reason", async () => {
    const { store, state, lines, checks } = await start();
    store.changeSetting = () => Promise.reject(new StoreError("full", "disk full"));
    expect(await checks.look()).toEqual({ ready: false, parts: { ...well, store: "failed" } });
    expect(lines).toMatchObject([{ event: "not-ready", fields: { part: "store" } }]);
    expect(lines[0]?.reason).toContain("disk full");
    state.folding = false;
    state.now = 5_000;
    expect((await checks.look()).parts).toEqual({ ...well, store: "failed", folder: "failed" });
  });

  test("is refused when the store does not open, and while the server stops", async () => {
    const { state, checks } = await start();
    state.opens = false;
    expect((await checks.look()).parts).toEqual({ ...well, keys: "failed", store: "failed" });
    state.opens = true;
    state.now = 5_000;
    expect((await checks.look()).ready).toBe(true);
    state.stopping = true;
    expect(await checks.look()).toEqual({ ready: false, parts: { ...well, server: "stopping" } });
  });
});
