import { expect, test } from "vitest";
import { frameText, json, jsonReliable } from "../wire/json.ts";
import { Hub } from "./hub.ts";
import { seededIds } from "./ids.ts";
import { MemorySink } from "./memory-sink.ts";
import type { Codec, EventOutcome, Upstream } from "./ports.ts";

const failed: EventOutcome = { handled: false, problem: "no" };
const done: EventOutcome = { handled: true, reply: undefined };

function reply(text: string): EventOutcome {
  return { handled: true, reply: { dataType: "text", literal: JSON.stringify(text) } };
}

/** A hub whose events wait until the test answers them. */
function world(codec: Codec = json) {
  const answers: ((outcome: EventOutcome) => void)[] = [];
  const told: string[] = [];
  const upstream: Upstream = {
    connected: ({ connectionId, userId, subprotocol }) =>
      told.push(`connected ${connectionId} ${userId} ${subprotocol}`),
    disconnected: ({ connectionId }, reason) => told.push(`disconnected ${connectionId} ${reason}`),
    event: ({ connectionId }, { event, payload }, answer) => {
      told.push(`${event} ${connectionId} ${payload.dataType}`);
      answers.push(answer);
    },
  };
  let count = 0;
  let soon: (() => void)[] = [];
  const timers: (() => void)[] = [];
  const after = (_delayMs: number, fire: () => void) => {
    timers.push(fire);
    return () => undefined;
  };
  const hub = new Hub({
    name: "test",
    upstream,
    clock: { now: () => 0, after },
    scheduler: { soon: (task) => void soon.push(task) },
    ids: seededIds({ next: () => (count++ * 0.618_033_988) % 1 }),
  });
  const sink = new MemorySink();
  const link = hub.connect({ codec, userId: "ada", connectionId: "c1", subprotocol: "as-offered" }, sink);
  const texts = (of: MemorySink = sink) => {
    const tasks = soon;
    soon = [];
    for (const task of tasks) task();
    return of.frames.splice(0).map(frameText);
  };
  const connected = JSON.parse(texts()[0] ?? "");
  const send = (ackId?: number) =>
    link.receive(JSON.stringify({ type: "event", event: "say", ackId, dataType: "text", data: "x" }));
  return { hub, link, sink, answers, told, texts, send, connected, timers };
}

test("upstream hears of the connection, its events and its end, once each", () => {
  const { link, send, told } = world();
  send();
  link.closed(1000);
  link.closed(1006);
  expect(told).toEqual(["connected c1 ada as-offered", "say c1 text", "disconnected c1 "]);
});

test("the reply comes before the ack", () => {
  const { send, answers, texts } = world();
  send(1);
  expect(texts()).toEqual([]);
  answers[0]?.(reply("hi"));
  expect(texts()).toEqual([
    '{"type":"message","from":"server","dataType":"text","data":"hi"}',
    '{"type":"ack","ackId":1,"success":true}',
  ]);
});

test("an id runs once: repetitions wait for the answer, and get Duplicate or the same failure", () => {
  const { send, answers, texts } = world();
  send(1);
  send(1);
  answers[0]?.(failed);
  expect(texts().map((text) => JSON.parse(text).error.name)).toEqual(["InternalServerError", "InternalServerError"]);
  send(1);
  send(1);
  answers[1]?.(done);
  send(1);
  expect(texts().map((text) => JSON.parse(text).error?.name ?? "success")).toEqual([
    "success",
    "Duplicate",
    "Duplicate",
  ]);
  expect(answers).toHaveLength(2);
});

test("without an ackId a failure is silent and the connection stays", () => {
  const { send, answers, texts, sink } = world();
  send();
  answers[0]?.(failed);
  expect([texts(), sink.ended]).toEqual([[], undefined]);
});

test("a codec without acks loses the connection with a failed event", () => {
  const { send, answers, sink, told } = world({ ...json, closesOnFailedEvent: true });
  send();
  answers[0]?.(failed);
  expect(sink.ended).toEqual({ code: 1011, reason: "Internal server error" });
  expect(told.at(-1)).toBe("disconnected c1 Internal server error");
});

test("an answer that comes while the transport is away waits for the recovery; after the end it does no harm", () => {
  const { hub, link, send, answers, texts, connected, timers, told } = world(jsonReliable);
  send(1);
  send(2);
  link.closed(1006);
  answers[0]?.(reply("late"));
  const again = new MemorySink();
  const { connectionId, reconnectionToken } = connected;
  hub.recover({ codec: jsonReliable, connectionId, reconnectionToken }, again)?.closed(1006);
  expect(texts(again)).toEqual([]);
  const third = new MemorySink();
  hub.recover({ codec: jsonReliable, connectionId, reconnectionToken }, third);
  expect(texts(third)).toEqual([expect.stringContaining('"data":"late"')]);
  expect(told.filter((line) => line.startsWith("connected"))).toHaveLength(1);
  hub.stop("end");
  for (const fire of timers) fire();
  answers[1]?.(reply("too late"));
  expect(told.filter((line) => line.startsWith("disconnected"))).toEqual(["disconnected c1 end"]);
});
