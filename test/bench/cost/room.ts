/** The process of one room: the service, a design on it, and everybody in the document. It counts at the service. */
import { type Service, startService } from "webpubsub-local";
import { answerCalls } from "../processes.ts";
import { type Design, type DesignName, hubName, type Member, type StartDesign } from "./design.ts";

/** What the service sent, and what it is billed with by either rule. */
export interface Cost {
  readonly deliveries: number;
  readonly bytes: number;
  readonly unitsEach: number;
  readonly unitsSummed: number;
}

export interface RoomPlan {
  readonly design: DesignName;
  readonly size: number;
  readonly settleMs: number;
  readonly windowMs: number;
  /** Windows of typing. */
  readonly windows: number;
  readonly documentBytes: number;
}

export interface RoomCost {
  /** Of one window in which nobody does anything. */
  readonly idle: Cost;
  readonly typing: readonly Cost[];
  /**
   * Of one who comes to the room when the document is large, without what would have come meanwhile in any case; null when
   * not everybody had the document in time.
   */
  readonly join: Cost | null;
}

/** Loaded when asked for: each brings a yjs of its own. */
const starts: Readonly<Record<DesignName, () => Promise<StartDesign>>> = {
  responsive: async () => (await import("./ours.ts")).startOurs("responsive"),
  economy: async () => (await import("./ours.ts")).startOurs("economy"),
  "y-azure-webpubsub": async () => (await import("./y-azure-webpubsub.ts")).startYAzureWebPubSub,
  "Weave store": async () => (await import("./weave.ts")).startWeave,
  naive: async () => (await import("./naive.ts")).startNaive,
};

/** As one types in a hurry, the caret moving with each key. */
const keyEveryMs = 200;
const patienceMs = 120_000;
const joinSettlesMs = 4_000;

const calls = { measure: (plan: RoomPlan) => measure(plan) };

export type RoomCalls = typeof calls;

answerCalls(calls);

async function measure(plan: RoomPlan): Promise<RoomCost> {
  const service = await startService({ port: 0, hubs: { [hubName]: {} } });
  const start = await starts[plan.design]();
  const design = await start(service);
  const members: Member[] = [];
  while (members.length < plan.size) members.push(await join(design, members.length));
  await pause(plan.settleMs);
  const idle = await costOf(service, () => pause(plan.windowMs));
  const typing: Cost[] = [];
  for (let window = 0; window < plan.windows; window++) {
    typing.push(await costOf(service, () => type(members, plan.windowMs)));
  }
  return { idle, typing, join: await joinCost({ service, design, members, plan, idle }) };
}

interface Room {
  readonly service: Service;
  readonly design: Design;
  readonly members: readonly Member[];
  readonly plan: RoomPlan;
  readonly idle: Cost;
}

async function joinCost({ service, design, members, plan, idle }: Room): Promise<Cost | null> {
  const [typist] = members;
  typist?.text.insert(typist.text.length, "words ".repeat(plan.documentBytes / 6));
  const isWhole = ({ text }: Member) => text.length === typist?.text.length;
  if (!(await until(() => members.every(isWhole)))) return null;
  await pause(plan.settleMs);
  const began = performance.now();
  let isThere = false;
  const whole = await costOf(service, async () => {
    const newcomer = await join(design, members.length);
    isThere = await until(() => isWhole(newcomer));
    await pause(joinSettlesMs);
  });
  return isThere ? minus(whole, idle, (performance.now() - began) / plan.windowMs) : null;
}

async function join(design: Design, number: number): Promise<Member> {
  const member = await design.join(`user-${number}`);
  if (!(await until(() => member.isIn()))) throw new Error(`Person ${number} did not get into the room.`);
  member.show("user", { name: `Person ${number}`, color: "#1c7ed6" });
  return member;
}

async function type(members: readonly Member[], ms: number): Promise<void> {
  const [typist] = members;
  if (typist === undefined) throw new Error("Nobody is in the room.");
  const began = performance.now();
  for (let key = 0; key < ms / keyEveryMs; key++) {
    typist.text.insert(typist.text.length, "k");
    const position = { type: null, tname: "text", item: { client: typist.clientId, clock: key }, assoc: 0 };
    typist.show("cursor", { anchor: position, head: position });
    await pause(began + (key + 1) * keyEveryMs - performance.now());
  }
}

async function costOf(service: Service, work: () => Promise<void>): Promise<Cost> {
  const before = await counters(service);
  await work();
  return minus(await counters(service), before, 1);
}

/** What the service itself counts: everything it sends to anybody, the peers' own host processes included. */
async function counters(service: Service): Promise<Cost> {
  const text = await (await fetch(`${service.endpoint}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^webpubsub_${name} (.+)$`, "m").exec(text)?.[1]);
  return {
    deliveries: read("messages_out_total"),
    bytes: read("bytes_out_total"),
    unitsEach: read("units_rounded_total"),
    unitsSummed: read("units_summed_total"),
  };
}

function minus(cost: Cost, other: Cost, times: number): Cost {
  const rest = (figure: keyof Cost) => Math.max(0, cost[figure] - other[figure] * times);
  return {
    deliveries: rest("deliveries"),
    bytes: rest("bytes"),
    unitsEach: rest("unitsEach"),
    unitsSummed: rest("unitsSummed"),
  };
}

/** False when it did not come to it in time. */
async function until(holds: () => boolean): Promise<boolean> {
  const began = performance.now();
  while (!holds()) {
    if (performance.now() - began > patienceMs) return false;
    await pause(20);
  }
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
