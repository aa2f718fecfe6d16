import type { SeededRandom } from "../sim/random.ts";

/** What is up and what is not, as the plan left it. */
export interface Scene {
  readonly pages: readonly PageState[];
  readonly server: "up" | "down";
  readonly service: "up" | "down";
}

export type PageState = "well" | "offline" | "frozen";

export type Step =
  | { readonly type: "draw" | "offline" | "online" | "freeze" | "thaw" | "reload"; readonly page: number }
  | { readonly type: "kill" | "start"; readonly part: "server" | "service" }
  /** Everything goes on for a while. */
  | { readonly type: "rest"; readonly ms: number };

/** How much more often than the rarest fault a step is drawn. What is broken is mended within some ten steps. */
const weights = { draw: 30, rest: 10, offline: 2, freeze: 2, reload: 2, kill: 1, mend: 4 } as const;
const restMsMax = 400;

/** The next step of a seed. `killing`: whether processes may die. */
export function nextStep(random: SeededRandom, scene: Scene, killing: boolean): Step {
  const options = stepsOf(scene, killing, random);
  let at = random.next() * options.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, step] of options) {
    at -= weight;
    if (at < 0) return step;
  }
  return { type: "rest", ms: restMsMax };
}

function stepsOf(scene: Scene, killing: boolean, random: SeededRandom): readonly (readonly [number, Step])[] {
  const drawers = scene.pages.flatMap((state, page) => (state === "frozen" ? [] : [page]));
  const page = drawers[random.int(0, Math.max(0, drawers.length - 1))];
  const options: (readonly [number, Step])[] = [[weights.rest, { type: "rest", ms: random.int(20, restMsMax) }]];
  if (page !== undefined) options.push([weights.draw, { type: "draw", page }]);
  // One page at least is well: somebody must go on.
  const wellPages = scene.pages.filter((state) => state === "well").length;
  for (const [at, state] of scene.pages.entries()) {
    if (state === "offline") options.push([weights.mend, { type: "online", page: at }]);
    if (state === "frozen") options.push([weights.mend, { type: "thaw", page: at }]);
    if (state !== "well" || wellPages < 2) continue;
    options.push([weights.offline, { type: "offline", page: at }], [weights.freeze, { type: "freeze", page: at }]);
    // A page that nobody serves does not come back.
    if (scene.server === "up") options.push([weights.reload, { type: "reload", page: at }]);
  }
  for (const part of ["server", "service"] as const) {
    if (scene[part] === "down") options.push([weights.mend, { type: "start", part }]);
    else if (killing) options.push([weights.kill, { type: "kill", part }]);
  }
  return options;
}
