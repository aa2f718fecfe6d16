import { expect, test } from "vitest";
import { SeededRandom } from "./sim/random.ts";
import { residentMegabytes, slope } from "./soak/memory.ts";
import { nextStep, type PageState, type Scene, type Step } from "./soak/plan.ts";

interface Seen {
  readonly step: Step;
  readonly scene: Scene;
}

/** The plan of a seed, followed without a browser. */
function follow(seed: string, count: number, killing: boolean): readonly Seen[] {
  const random = new SeededRandom(seed);
  const pages: PageState[] = ["well", "well", "well"];
  const up = { server: true, service: true };
  return Array.from({ length: count }, () => {
    const state = (part: "server" | "service") => (up[part] ? "up" : "down");
    const scene: Scene = { pages: [...pages], server: state("server"), service: state("service") };
    const step = nextStep(random, scene, killing);
    if (step.type === "offline") pages[step.page] = "offline";
    if (step.type === "freeze") pages[step.page] = "frozen";
    if (step.type === "online" || step.type === "thaw") pages[step.page] = "well";
    if ("part" in step) up[step.part] = step.type === "start";
    return { step, scene };
  });
}

test("a plan follows from its seed, and every fault is in it", () => {
  const plan = follow("1", 1_000, true);
  expect(JSON.stringify(follow("1", 1_000, true))).toBe(JSON.stringify(plan));
  expect(JSON.stringify(follow("2", 1_000, true))).not.toBe(JSON.stringify(plan));
  const types = ["draw", "freeze", "kill", "offline", "online", "reload", "rest", "start", "thaw"];
  expect([...new Set(plan.map(({ step }) => step.type))].sort()).toEqual(types);
});

test("somebody is always well, nobody frozen draws, and no page is loaded without a server", () => {
  const plan = follow("3", 5_000, true);
  expect(plan.filter(({ scene }) => !scene.pages.includes("well"))).toEqual([]);
  expect(plan.filter(({ step, scene }) => step.type === "draw" && scene.pages[step.page] === "frozen")).toEqual([]);
  const reloads = plan.filter(({ step }) => step.type === "reload");
  expect(reloads.length).toBeGreaterThan(10);
  expect(reloads.filter(({ scene }) => scene.server === "down")).toEqual([]);
});

test("in the quiet half no process dies", () => {
  expect(follow("4", 2_000, false).filter(({ step }) => step.type === "kill")).toEqual([]);
});

test("memory: a line through what was seen, and what this process holds", () => {
  const samples = [0, 60_000, 120_000].map((atMs) => ({ atMs, megabytes: 100 + atMs / 60_000 }));
  expect(slope(samples)).toBeCloseTo(60);
  expect(slope(samples.slice(0, 1))).toBeUndefined();
  expect(residentMegabytes(0)).toBeUndefined();
  if (process.platform === "linux") expect(residentMegabytes(process.pid)).toBeGreaterThan(10);
});
