import { describe, expect, test } from "vitest";
import type { FaultRule } from "./fault-rule.ts";
import { type Fate, FaultError, Faults, type Subject } from "./faults.ts";

const subject: Subject = { hub: "chat", connectionId: "c1", userId: "ada", direction: "out", group: () => "g" };
const plain: Fate = {
  type: "comes",
  copies: 1,
  inOrderMs: 0,
  anyOrderMs: 0,
  bytesPerSecond: undefined,
  holders: [],
};

function withRule(rule: FaultRule): Faults {
  const faults = new Faults(1);
  faults.add(rule);
  return faults;
}

describe("rules", () => {
  test("none is set: nothing is active and frames come as they are", () => {
    const faults = new Faults(1);
    expect(faults.active).toBe(false);
    expect(faults.fate(subject)).toEqual(plain);
  });

  test.each<[FaultRule["fault"], Partial<Fate> | Fate]>([
    [{ type: "drop" }, { type: "lost" }],
    [{ type: "cut" }, { type: "cut" }],
    [{ type: "duplicate" }, { copies: 2 }],
    [
      { type: "delay", delayMs: 30 },
      { inOrderMs: 30, holders: [1] },
    ],
    [
      { type: "slow", bytesPerSecond: 10 },
      { bytesPerSecond: 10, holders: [1] },
    ],
    [{ type: "refuse-recovery" }, plain],
  ])("%j", (fault, expected) => {
    expect(withRule({ fault }).fate(subject)).toMatchObject(expected);
  });

  test("reorder holds by chance, up to its span, and repeats itself after the same seed", () => {
    const faults = withRule({ fault: { type: "reorder", spanMs: 100 } });
    const run = () => {
      faults.reseed(7);
      return Array.from({ length: 50 }, () => {
        const fate = faults.fate(subject);
        return fate.type === "comes" ? fate.anyOrderMs : -1;
      });
    };
    const spans = run();
    expect(run()).toEqual(spans);
    expect(new Set(spans).size).toBeGreaterThan(40);
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...spans)).toBeLessThan(100);
  });

  test.each<[Partial<FaultRule>, boolean]>([
    [{ hub: "CHAT" }, true],
    [{ hub: "other" }, false],
    [{ connectionId: "c1" }, true],
    [{ connectionId: "c2" }, false],
    [{ userId: "ada" }, true],
    [{ userId: "bob" }, false],
    [{ group: "g" }, true],
    [{ group: "G" }, false],
    [{ direction: "out" }, true],
    [{ direction: "in" }, false],
    [{ userId: "ada", group: "h" }, false],
    [{ probability: 0 }, false],
    [{ probability: 1 }, true],
  ])("a rule for %j takes the frame: %s", (conditions, taken) => {
    const fate = withRule({ ...conditions, fault: { type: "drop" } }).fate(subject);
    expect(fate.type === "lost").toBe(taken);
  });

  test("the group of a frame is looked for only when a rule names one", () => {
    const faults = withRule({ fault: { type: "duplicate" } });
    let asked = 0;
    const group = () => {
      asked += 1;
      return "g";
    };
    faults.fate({ ...subject, group });
    expect(asked).toBe(0);
    faults.add({ group: "g", fault: { type: "duplicate" } });
    expect(faults.fate({ ...subject, group })).toMatchObject({ copies: 3 });
    expect(asked).toBe(1);
  });

  test("chance: about as many frames as the probability says", () => {
    const faults = withRule({ probability: 0.25, fault: { type: "drop" } });
    const lost = Array.from({ length: 4_000 }, () => faults.fate(subject)).filter(({ type }) => type === "lost");
    expect(lost.length).toBeGreaterThan(900);
    expect(lost.length).toBeLessThan(1_100);
  });

  test("times: the rule is over after so many matches, and costs nothing from then on", () => {
    const faults = withRule({ times: 2, fault: { type: "drop" } });
    expect([1, 2, 3].map(() => faults.fate(subject).type)).toEqual(["lost", "lost", "comes"]);
    expect(faults.active).toBe(false);
  });

  test("slow is for what goes out", () => {
    const faults = withRule({ fault: { type: "slow", bytesPerSecond: 0 } });
    expect(faults.fate({ ...subject, direction: "in" })).toEqual(plain);
  });

  test("the answer of add takes the rule away and says so, also when it was used up before", () => {
    const faults = new Faults(1);
    const gone: number[] = [];
    const stop = faults.onRemoved((id) => gone.push(id));
    const remove = faults.add({ times: 1, fault: { type: "slow", bytesPerSecond: 0 } });
    faults.fate(subject);
    expect(faults.rules).toEqual([]);
    remove();
    expect(gone).toEqual([1]);
    stop();
    faults.add({ fault: { type: "drop" } })();
    expect(gone).toEqual([1]);
    expect(faults.active).toBe(false);
  });

  test("there is a bound", () => {
    const faults = new Faults(1);
    for (let i = 0; i < 100; i++) faults.add({ fault: { type: "drop" } });
    expect(() => faults.add({ fault: { type: "drop" } })).toThrow(FaultError);
    faults.clear();
    expect(faults.rules).toEqual([]);
  });
});

describe("recoveries and calls", () => {
  test("a recovery is refused by connection, user or hub", () => {
    const faults = withRule({ userId: "ada", times: 1, fault: { type: "refuse-recovery" } });
    expect(faults.refusesRecovery("chat", "c1", "bob")).toBe(false);
    expect(faults.refusesRecovery("chat", "c1", "ada")).toBe(true);
    expect(faults.refusesRecovery("chat", "c1", "ada")).toBe(false);
  });

  test("a call is refused by hub and by part of its path", () => {
    const faults = withRule({ hub: "Chat", path: ":send", fault: { type: "refuse-call", status: 503 } });
    expect(faults.refusesCall("/api/hubs/chat/:send")).toEqual({ type: "refuse-call", status: 503 });
    expect(faults.refusesCall("/api/hubs/chat/groups/g/:send")?.status).toBe(503);
    expect(faults.refusesCall("/api/hubs/other/:send")).toBeUndefined();
    expect(faults.refusesCall("/api/hubs/chat/users/u")).toBeUndefined();
  });
});

describe("rules from outside", () => {
  test.each<[unknown, string]>([
    [undefined, "object"],
    [null, "object"],
    [[], "object"],
    ["drop", "object"],
    [{}, "'fault'"],
    [{ fault: { type: "explode" } }, "'type'"],
    [{ fault: { type: "drop" }, conection: "c" }, "'conection'"],
    [{ fault: { type: "drop" }, group: 7 }, "'group'"],
    [{ fault: { type: "drop" }, group: "" }, "'group'"],
    [{ fault: { type: "drop" }, hub: "h".repeat(2_000) }, "'hub'"],
    [{ fault: { type: "drop" }, direction: "up" }, "'direction'"],
    [{ fault: { type: "drop" }, probability: 2 }, "'probability'"],
    [{ fault: { type: "drop" }, probability: Number.NaN }, "'probability'"],
    [{ fault: { type: "drop" }, times: 1.5 }, "'times'"],
    [{ fault: { type: "delay" } }, "'delayMs'"],
    [{ fault: { type: "delay", delayMs: 1e9 } }, "'delayMs'"],
    [{ fault: { type: "reorder", spanMs: -1 } }, "'spanMs'"],
    [{ fault: { type: "slow", bytesPerSecond: "1" } }, "'bytesPerSecond'"],
    [{ fault: { type: "slow", bytesPerSecond: 1 }, direction: "in" }, "slow"],
    [{ fault: { type: "refuse-call", status: 200 } }, "'status'"],
    [{ fault: { type: "refuse-call", status: 429, retryAfterSeconds: -1 } }, "'retryAfterSeconds'"],
    [{ fault: { type: "refuse-call", status: 429 }, group: "g" }, "refuse-call"],
    [{ fault: { type: "drop" }, path: "/api" }, "'path'"],
    [{ fault: { type: "refuse-recovery" }, group: "g" }, "refuse-recovery"],
  ])("%j is refused and the sentence names %s", (rule, named) => {
    const faults = new Faults(1);
    expect(() => faults.put(rule)).toThrow(named);
    expect(faults.active).toBe(false);
  });
});
