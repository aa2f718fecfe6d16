import { expect, test } from "vitest";
import { frameText, json, jsonReliable } from "../wire/json.ts";
import { Hub } from "./hub.ts";
import { seededIds } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { MemorySink } from "./memory-sink.ts";
import { numbered } from "./numbered-frame.ts";
import type { Codec, Frame } from "./ports.ts";

/** A hub whose turns the test ends one by one. */
class Turns {
  readonly hub: Hub;
  now = 0;
  #tasks: (() => void)[] = [];

  constructor(limits: Partial<Limits> = {}) {
    let count = 0;
    this.hub = new Hub({
      name: "test",
      limits,
      clock: { now: () => this.now, after: () => () => undefined },
      scheduler: { soon: (task) => void this.#tasks.push(task) },
      ids: seededIds({ next: () => (count++ * 0.618_033_988) % 1 }),
    });
  }

  /** False when there was nothing to do. */
  end(): boolean {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
    return tasks.length > 0;
  }

  settle(): void {
    while (this.end());
  }

  join<S extends MemorySink>(sink: S, codec: Codec = json): { readonly sink: S; readonly link: Link } {
    return { sink, link: this.hub.connect({ codec, groups: ["g"] }, sink) };
  }

  send(text: string, ttlSeconds = 0): void {
    this.hub.server.sendToGroup("g", { dataType: "text", literal: JSON.stringify(text) }, { ttlSeconds });
  }
}

class NumberingSink extends MemorySink {
  readonly batches: { readonly frames: readonly Frame[]; readonly first: number }[] = [];

  writeNumbered(frames: readonly Frame[], first: number): void {
    this.batches.push({ frames, first });
    this.write(numbered(frames, first));
  }
}

/** `number:text` of the data messages. */
function dataOf(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => {
    const { sequenceId, data } = JSON.parse(frameText(frame)) as { sequenceId?: number; data?: string };
    return data === undefined ? [] : [`${sequenceId ?? ""}:${data}`];
  });
}

test("members of a reliable group are given one array of frames and a first number each", () => {
  const turns = new Turns();
  const early = turns.join(new NumberingSink(), jsonReliable);
  turns.send("before");
  turns.settle();
  const late = turns.join(new NumberingSink(), jsonReliable);
  turns.settle();
  for (const text of ["a", "b", "c"]) turns.send(text);
  turns.settle();
  const [ofEarly, ofLate] = [early.sink.batches.at(-1), late.sink.batches.at(-1)];
  expect([ofEarly?.first, ofLate?.first]).toEqual([2, 1]);
  expect(ofEarly?.frames).toBe(ofLate?.frames);
  expect(dataOf(late.sink.frames)).toEqual(["1:a", "2:b", "3:c"]);
});

test("members that speak differently share with their own kind", () => {
  const turns = new Turns();
  const sinks = [0, 1, 2, 3].map((at) => turns.join(new NumberingSink(), at % 2 === 0 ? json : jsonReliable).sink);
  turns.settle();
  for (const text of ["a", "b"]) turns.send(text);
  turns.settle();
  expect(sinks[1]?.batches.at(-1)?.frames).toBe(sinks[3]?.batches.at(-1)?.frames);
  expect(sinks.map(({ frames }) => dataOf(frames))).toEqual([
    [":a", ":b"],
    ["1:a", "2:b"],
    [":a", ":b"],
    ["1:a", "2:b"],
  ]);
});

test("a huge group takes several turns; each connection gets everything in order and in as few writes", () => {
  const turns = new Turns({ flushedPerTurnMax: 10 });
  const members = Array.from({ length: 25 }, () => turns.join(new MemorySink()));
  turns.settle();
  const written = () => members.filter(({ sink }) => dataOf(sink.frames).length > 0).length;
  turns.send("a");
  turns.end();
  expect(written()).toBe(10);
  turns.send("b");
  turns.end();
  expect(written()).toBe(20);
  turns.end();
  expect(written()).toBe(25);
  turns.settle();
  for (const { sink } of members) expect(dataOf(sink.frames)).toEqual([":a", ":b"]);
  // `connected`, then one write for those who still waited when the second message came, two for the others.
  expect(members.map(({ sink }) => sink.writes)).toEqual([...Array(10).fill(3), ...Array(15).fill(2)]);
});

test("what waits for its turn leaves before a close", () => {
  const turns = new Turns({ flushedPerTurnMax: 1 });
  const [first, second] = [turns.join(new MemorySink()), turns.join(new MemorySink())];
  turns.settle();
  turns.send("a");
  turns.end();
  turns.hub.server.closeConnection(second.link.connectionId);
  expect(dataOf(second.sink.frames)).toEqual([":a"]);
  expect([first.sink.ended, second.sink.ended?.code]).toEqual([undefined, 1000]);
});

test("numbers that are acknowledged before they left are still delivered, and never repeated", () => {
  const turns = new Turns();
  const { sink, link } = turns.join(new NumberingSink(), jsonReliable);
  turns.settle();
  turns.send("a");
  turns.send("b");
  link.receive('{"type":"sequenceAck","sequenceId":1}');
  turns.send("c");
  turns.settle();
  expect(dataOf(sink.frames)).toEqual(["1:a", "2:b", "3:c"]);
  expect(dataOf(recovered(turns, link).frames)).toEqual(["2:b", "3:c"]);
});

test("what expires behind a slow transport leaves a gap in its numbers, on it and after a recovery", () => {
  const turns = new Turns();
  const { sink, link } = turns.join(new NumberingSink(), jsonReliable);
  turns.settle();
  sink.queuedBytes = 1_000_000;
  turns.send("a");
  turns.send("b", 1);
  turns.send("c");
  turns.settle();
  turns.now = 1_000;
  turns.send("d");
  sink.queuedBytes = 0;
  link.writable();
  turns.settle();
  expect(dataOf(sink.frames)).toEqual(["1:a", "3:c", "4:d"]);
  expect(dataOf(recovered(turns, link).frames)).toEqual(["1:a", "3:c", "4:d"]);
});

const seed = Number(process.env["SEED"] ?? 1);

test(`whatever happens to a reliable client, it can have every message once and in order (SEED=${seed})`, () => {
  let state = seed;
  const chance = (of: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * of);
  };
  const turns = new Turns();
  let { sink, link } = turns.join(new NumberingSink(), jsonReliable);
  let sent = 0;
  let acknowledged = 0;
  const has = new Set<string>();
  const read = () => {
    const data = dataOf(sink.frames.splice(0));
    const numbers = data.map((text) => Number(text.split(":")[0]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    for (const text of data) has.add(text);
    return numbers;
  };
  for (let step = 0; step < 5_000; step++) {
    switch (chance(8)) {
      case 0:
      case 1:
      case 2:
        if (sent - acknowledged < 900) turns.send(String(++sent));
        break;
      case 3:
        turns.settle();
        break;
      case 4:
        acknowledged = Math.max(acknowledged, ...read());
        acknowledged = Math.max(0, acknowledged - chance(2));
        link.receive(`{"type":"sequenceAck","sequenceId":${acknowledged}}`);
        break;
      case 5:
        sink.queuedBytes = chance(2) * 1_000_000;
        if (sink.queuedBytes === 0) link.writable();
        break;
      case 6:
        if (chance(4) === 0 && link.connection.state.phase === "open") link.closed(1006);
        break;
      default: {
        if (chance(4) !== 0) break;
        read();
        sink = new NumberingSink();
        link = again(turns, link, sink);
        break;
      }
    }
  }
  read();
  sink = recovered(turns, link);
  turns.settle();
  read();
  expect([...has].map((text) => Number(text.split(":")[1])).sort((a, b) => a - b)).toEqual(
    Array.from({ length: sent }, (_, at) => at + 1),
  );
  for (const text of has) expect(text).toBe(`${text.split(":")[1]}:${text.split(":")[1]}`);
});

function recovered(turns: Turns, link: Link): NumberingSink {
  const sink = new NumberingSink();
  again(turns, link, sink);
  turns.settle();
  return sink;
}

function again(turns: Turns, link: Link, sink: MemorySink): Link {
  const { reconnectionToken = "" } = link.connection.identity;
  const request = { codec: jsonReliable, connectionId: link.connectionId, reconnectionToken };
  const next = turns.hub.recover(request, sink);
  if (next === undefined) throw new Error(`The recovery was refused: ${sink.ended?.reason}`);
  return next;
}
