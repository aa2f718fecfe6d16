import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { frameText, json, jsonReliable, plain, protobuf, protobufReliable } from "webpubsub-local";
import { type Codec, type Frame, Hub, type HubEvent, MemorySink, seededIds } from "webpubsub-local/core";
import { Chance, mutate } from "./mutate.ts";
import { decodeDownstream } from "./protobuf-schema.ts";

/** Set SEED for other frames, FUZZ_FRAMES for more of them. */
const seed = Number(process.env["SEED"] ?? 20261121);
const framesMax = Number(process.env["FUZZ_FRAMES"] ?? 10_000);

const codes = new Set([1003, 1007, 1009, 1008]);
const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const witnesses: readonly Codec[] = [json, jsonReliable, protobuf, protobufReliable, plain];

function corpus(format: "json" | "protobuf"): readonly Buffer[] {
  const text = readFileSync(new URL(`./corpus/${format}.txt`, import.meta.url), "utf8");
  const lines = text.split("\n").slice(0, -1);
  if (format === "json") return lines.map((line) => Buffer.from(line, "utf8"));
  return lines.filter((line) => !line.startsWith("#")).map((line) => Buffer.from(line, "hex"));
}

/** A hub with one client of each kind in the group, and an attacker who is replaced whenever the hub throws them out. */
class World {
  readonly hub: Hub;
  readonly received: Map<Codec, MemorySink> = new Map();
  #turn: (() => void)[] = [];

  constructor(chance: Chance) {
    this.hub = new Hub({
      name: "fuzz",
      clock: { now: () => 0, after: () => () => undefined },
      scheduler: { soon: (task) => void this.#turn.push(task) },
      ids: seededIds({ next: () => chance.below(2 ** 31) / 2 ** 31 }),
      onEvent: (_event: HubEvent) => undefined,
    });
    for (const codec of witnesses) {
      const sink = new MemorySink();
      this.hub.connect({ codec, groups: ["g"] }, sink);
      this.received.set(codec, sink);
    }
    this.settle();
  }

  settle(): void {
    while (this.#turn.length > 0) for (const task of this.#turn.splice(0)) task();
  }

  attacker(codec: Codec) {
    const sink = new MemorySink();
    const link = this.hub.connect({ codec, roles: all, groups: ["g"] }, sink);
    this.settle();
    return { sink, link };
  }

  /** What the witnesses got since the last look, checked: whatever came in, what goes out is well made. */
  check(): number {
    let frames = 0;
    for (const [codec, sink] of this.received) {
      for (const frame of sink.frames.splice(0)) {
        wellMade(codec, frame);
        frames += 1;
      }
    }
    for (const connection of this.hub.connections.values()) connection.session?.acknowledge(Number.MAX_SAFE_INTEGER);
    return frames;
  }
}

function wellMade(codec: Codec, frame: Frame): void {
  if (codec === json || codec === jsonReliable) expect(JSON.parse(frameText(frame))).toBeTypeOf("object");
  else if (codec !== plain) {
    const message = decodeDownstream(Buffer.concat([frame.head ?? Buffer.alloc(0), frame.body]));
    expect(Object.keys(message)).toHaveLength(1);
  }
}

describe.each([
  ["json", json, "json"],
  ["json reliable", jsonReliable, "json"],
  ["protobuf", protobuf, "protobuf"],
  ["protobuf reliable", protobufReliable, "protobuf"],
] as const)("frames of %s made of others", (_name, codec, format) => {
  test(`never throw, and end in a message or a close code; what others get is well made (SEED=${seed})`, () => {
    const chance = new Chance(seed);
    const seeds = corpus(format);
    const world = new World(chance);
    let { sink, link } = world.attacker(codec);
    const counts = { taken: 0, refused: 0, delivered: 0 };
    for (let i = 0; i < seeds.length + framesMax; i++) {
      const bytes = seeds[i] ?? mutate(chance, seeds);
      try {
        // As `ws` hands it over: text has been checked to be UTF-8 by then.
        link.receive(format === "json" ? bytes.toString("utf8") : bytes);
        world.settle();
        counts.delivered += world.check();
      } catch (cause) {
        throw new Error(`SEED=${seed}, frame ${i}. Add it to corpus/${format}.txt: ${bytes.toString("hex")}`, {
          cause,
        });
      }
      sink.frames.length = 0;
      if (sink.ended === undefined) {
        counts.taken += 1;
        continue;
      }
      counts.refused += 1;
      expect(codes).toContain(sink.ended.code);
      expect(world.hub.connections.size).toBe(witnesses.length);
      ({ sink, link } = world.attacker(codec));
    }
    // A run that never gets through, or always does, has tested nothing.
    expect(counts.taken).toBeGreaterThan(seeds.length / 2);
    expect(counts.refused).toBeGreaterThan(seeds.length / 5);
    expect(counts.delivered).toBeGreaterThan(seeds.length / 5);
  });
});

describe("JSON 10,000 deep", () => {
  const deep = (open: string, shut: string) => open.repeat(10_000) + shut.repeat(10_000);

  test.each([
    ["arrays", deep("[", "]")],
    ["objects", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
  ])("%s as data pass through as they are", (_name, data) => {
    const world = new World(new Chance(1));
    const { sink, link } = world.attacker(json);
    link.receive(`{"type":"sendToGroup","group":"g","ackId":1,"data":${data}}`);
    world.settle();
    expect(sink.ended).toBeUndefined();
    for (const codec of [json, jsonReliable]) {
      const frames = world.received.get(codec)?.frames ?? [];
      expect(frames.map(frameText).join("")).toContain(`"data":${data}`);
    }
  });

  test.each([
    ["arrays without an end", "[".repeat(10_000)],
    ["objects without an end", '{"a":'.repeat(10_000)],
    ["arrays", deep("[", "]")],
    ["a message around arrays without an end", `{"type":"sendToGroup","group":"g","data":${"[".repeat(100_000)}`],
    ["a group", `{"type":"joinGroup","group":${deep("[", "]")}}`],
    ["an ackId", `{"type":"joinGroup","group":"g","ackId":${deep("[", "]")}}`],
  ])("%s are refused with 1007", (_name, text) => {
    const world = new World(new Chance(1));
    const { sink, link } = world.attacker(json);
    link.receive(text);
    world.settle();
    expect(sink.ended?.code).toBe(1007);
  });
});
