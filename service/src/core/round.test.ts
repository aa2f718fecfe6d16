import { expect, test } from "vitest";
import { mqttCodecs } from "../mqtt/codec.ts";
import { frameText, json, jsonReliable } from "../wire/json.ts";
import { protobufReliable } from "../wire/protobuf.ts";
import { Hub } from "./hub.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { MemorySink } from "./memory-sink.ts";
import type { Codec, Frame } from "./ports.ts";

const seed = Number(process.env["SEED"] ?? 1);
const roles = ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"];

/** Clients of one hub, every word and end of each transport they had. */
class World {
  readonly hub: Hub;
  readonly codecs: readonly Codec[];
  readonly links: Link[] = [];
  readonly sinks: MemorySink[] = [];
  readonly heard: string[][] = [];
  now = 0;
  #tasks: (() => void)[] = [];

  constructor(codecs: readonly Codec[], limits: Partial<Limits>) {
    let count = 0;
    this.codecs = codecs;
    this.hub = new Hub({
      name: "test",
      limits,
      clock: { now: () => this.now, after: () => () => undefined },
      scheduler: { soon: (task) => void this.#tasks.push(task) },
      ids: { connectionId: () => `c${++count}`, reconnectionToken: () => `t${++count}` },
    });
    for (let at = 0; at < codecs.length; at++) this.enter(at);
    this.settle();
  }

  enter(at: number): void {
    const codec = this.codecs[at] ?? json;
    this.#listen(at, (sink) => this.hub.connect({ codec, groups: ["a"], roles }, sink));
  }

  comeBack(at: number): void {
    const { id: connectionId, reconnectionToken = "", codec } = this.client(at).connection.identity;
    this.#listen(at, (sink) => this.hub.recover({ codec, connectionId, reconnectionToken }, sink));
  }

  client(at: number): Link {
    const link = this.links[at];
    if (link === undefined) throw new Error(`There is no client ${at}.`);
    return link;
  }

  say(at: number, message: object): void {
    const text = JSON.stringify(message);
    if (this.codecs[at] !== protobufReliable) this.client(at).receive(text);
  }

  settle(): void {
    while (this.#tasks.length > 0) for (const task of this.#tasks.splice(0)) task();
  }

  #listen(at: number, open: (sink: MemorySink) => Link | undefined): void {
    const sink = new MemorySink();
    const link = open(sink);
    if (link === undefined) return;
    this.links[at] = link;
    this.sinks[at] = sink;
    this.heard[at] ??= [];
    const heard = this.heard[at];
    sink.write = (frames: readonly Frame[]) => void heard.push(...frames.map(frameText));
    sink.close = (code, reason) => void heard.push(`closed ${code} ${reason}`);
  }
}

/** The same steps for the same seed, whatever the world does with them. */
function live(limits: Partial<Limits>): World {
  let state = seed;
  const chance = (of: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * of);
  };
  const codecs = [json, json, json, jsonReliable, jsonReliable, jsonReliable, protobufReliable, protobufReliable];
  const world = new World(codecs, { unackedMessagesMax: 60, heldFramesMax: 25, heldBytesMax: 3_000, ...limits });
  for (let step = 0; step < 6_000; step++) {
    const at = chance(codecs.length);
    const group = chance(5) === 0 ? "b" : "a";
    const ackId = chance(2) === 0 ? { ackId: step + 1 } : {};
    const sent = { dataType: "text", data: `${step}${"x".repeat(chance(20) === 0 ? 500 : 5)}` } as const;
    switch (chance(12)) {
      case 0:
      case 1:
      case 2:
        world.say(at, { type: "sendToGroup", group, ...ackId, ...sent, noEcho: chance(3) === 0 });
        break;
      case 3:
      case 4:
      case 5: {
        const payload = { dataType: "text", literal: JSON.stringify(sent.data) } as const;
        const excluded = chance(3) === 0 ? [world.client(at).connectionId] : [];
        world.hub.server.sendToGroup(group, payload, { excluded, ttlSeconds: chance(2) });
        break;
      }
      case 6:
        world.say(at, { type: chance(2) === 0 ? "joinGroup" : "leaveGroup", group: chance(2) === 0 ? "b" : group });
        break;
      case 7:
        world.client(at).connection.acknowledge(step);
        break;
      case 8: {
        const sink = world.sinks[at];
        if (sink !== undefined) sink.queuedBytes = chance(2) * 1_000_000;
        world.client(at).writable();
        break;
      }
      case 9: {
        const { phase } = world.client(at).connection.state;
        if (phase === "ended") world.enter(at);
        else if (phase === "detached") world.comeBack(at);
        else if (chance(3) === 0) world.client(at).closed(1006);
        break;
      }
      case 10:
        world.now += 300;
        break;
      default:
        world.settle();
    }
  }
  world.settle();
  return world;
}

test(`what each client hears is the same whether members are served together or one by one (SEED=${seed})`, () => {
  const alone = live({ feedFramesMax: 0 }).heard;
  expect(alone.every((words) => words.length > 100)).toBe(true);
  expect(alone.flat().filter((word) => word.includes("SlowClient")).length).toBeGreaterThan(3);
  for (const feedFramesMax of [2, 10, 50]) {
    for (const feedBytesMax of [400, 9_000]) expect(live({ feedFramesMax, feedBytesMax }).heard).toEqual(alone);
  }
});

test("who gets something else in a turn does not keep the others from sharing", () => {
  const world = new World([json, json, json], {});
  const shared: (readonly Frame[])[] = [];
  for (const sink of world.sinks) sink.write = (frames) => void shared.push(frames);
  world.say(0, { type: "sendToGroup", group: "a", ackId: 1, dataType: "text", data: "one" });
  world.say(0, { type: "sendToGroup", group: "a", dataType: "text", data: "two" });
  world.settle();
  const [ofSender, ofSecond, ofThird] = shared;
  expect(ofSender?.map((frame) => JSON.parse(frameText(frame)).type)).toEqual(["message", "ack", "message"]);
  expect(ofSecond).toHaveLength(2);
  expect(ofSecond).toBe(ofThird);
});

test("a message is encoded for those kinds of members only that are there", () => {
  const world = new World([json], {});
  const never: Codec = { ...mqttCodecs[5], data: () => expect.unreachable("Nobody speaks it.") };
  const speaker = {
    names: { physicalConnectionId: "p", sessionId: undefined },
    deliver: () => undefined,
    follows: () => false,
    say: () => undefined,
    receive: () => undefined,
    transportLost: () => 0,
    left: () => undefined,
    ended: () => ({ initiatedByClient: true, disconnectPacket: undefined }),
  };
  world.hub.connect({ codec: never, groups: ["a"], speaker }, new MemorySink());
  world.say(0, { type: "sendToGroup", group: "a", dataType: "text", data: "hi" });
  world.settle();
  expect(world.heard[0]?.at(-1)).toContain("hi");
});

test("members follow anew in each turn; who joins in the middle of one gets what comes after", () => {
  const world = new World([json, json, json], {});
  world.hub.groups.leave(world.client(2).connection, "a");
  const send = (data: string) => world.say(0, { type: "sendToGroup", group: "a", dataType: "text", data });
  send("first turn");
  world.settle();
  send("before");
  expect(world.client(1).connection.feed).toBeDefined();
  world.say(2, { type: "joinGroup", group: "a" });
  send("after");
  world.settle();
  expect(world.client(1).connection.feed).toBeUndefined();
  const data = (at: number) => world.heard[at]?.flatMap((text) => JSON.parse(text).data ?? []);
  expect([data(1), data(2)]).toEqual([["first turn", "before", "after"], ["after"]]);
});

test("together with others a slow client is held back no longer than alone", () => {
  const world = new World([json, json], { heldFramesMax: 3 });
  const [, slow] = world.sinks;
  if (slow !== undefined) slow.queuedBytes = 1_000_000;
  for (const data of ["1", "2", "3", "4"]) world.say(0, { type: "sendToGroup", group: "a", dataType: "text", data });
  world.settle();
  expect(world.heard[1]?.at(-1)).toBe("closed 1008 SlowClient");
  expect(world.heard[0]?.at(-1)).toContain('"4"');
});
