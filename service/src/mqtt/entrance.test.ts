import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import { Hub } from "../core/hub.ts";
import { seededIds } from "../core/ids.ts";
import { MemorySink } from "../core/memory-sink.ts";
import { json } from "../wire/json.ts";
import { MqttEntrance } from "./entrance.ts";

/** Set SEED for other bytes. */
const seed = Number(process.env["SEED"] ?? 20261121);
const framesMax = 20_000;
const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** Numbers in [0, 1), the same for the same seed everywhere. */
function generator(start: number): { next(): number } {
  let state = start >>> 0;
  return {
    next: () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

class World {
  readonly hub: Hub;
  #turn: (() => void)[] = [];

  constructor(random: { next(): number }) {
    this.hub = new Hub({
      name: "fuzz",
      clock: { now: () => 0, after: () => () => undefined },
      scheduler: { soon: (task) => void this.#turn.push(task) },
      ids: seededIds(random),
      limits: { messageBytesMax: 4_096, unackedMessagesMax: 50 },
    });
  }

  settle(): void {
    while (this.#turn.length > 0) for (const task of this.#turn.splice(0)) task();
  }

  enter(): { readonly sink: MemorySink; readonly entrance: MqttEntrance } {
    const sink = new MemorySink();
    const admission = { userId: undefined, roles: all, groups: ["t"] };
    const host = {
      hub: this.hub,
      physicalConnectionId: this.hub.newConnectionId(),
      judge: () => ({ accepted: true, admission }) as const,
      forget: () => undefined,
    };
    return { sink, entrance: new MqttEntrance(host, sink) };
  }
}

const connect: Packet = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 5,
  clientId: "fuzz",
  clean: false,
  keepalive: 60,
  will: { topic: "t", payload: Buffer.from("w"), qos: 1, retain: false },
  properties: { sessionExpiryInterval: 5, receiveMaximum: 3 },
};
const corpus: readonly Packet[] = [
  connect,
  { cmd: "publish", topic: "t", payload: "x", qos: 1, messageId: 1, dup: false, retain: false },
  { cmd: "publish", topic: "t", payload: "x", qos: 2, messageId: 2, dup: false, retain: false },
  { cmd: "puback", messageId: 1, reasonCode: 0 },
  { cmd: "pubrec", messageId: 2, reasonCode: 0 },
  { cmd: "pubrel", messageId: 2, reasonCode: 0 },
  { cmd: "pubcomp", messageId: 2, reasonCode: 0 },
  { cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "t", qos: 2, nl: false, rap: false, rh: 0 }] },
  { cmd: "unsubscribe", messageId: 4, unsubscriptions: ["t"] },
  { cmd: "disconnect", reasonCode: 4 },
  { cmd: "auth", reasonCode: 0 },
];
const packets = corpus.map((packet) => generate(packet, { protocolVersion: 5 }));

test(`no bytes make an MQTT entrance throw, and what it answers is MQTT (SEED=${seed})`, () => {
  const random = generator(seed);
  const below = (end: number) => Math.floor(random.next() * end);
  const world = new World(random);
  const witness = new MemorySink();
  world.hub.connect({ codec: json, groups: ["t"] }, witness);
  let { sink, entrance } = world.enter();
  let answers = 0;
  for (let at = 0; at < framesMax; at++) {
    if (sink.ended !== undefined) {
      for (const { head, body } of sink.frames) {
        answers += 1;
        // A reader that is told the version by the bytes alone would not know that of CONNACK.
        const reader = parser({ protocolVersion: sink.frames[0]?.body[1] === 2 ? 4 : 5 });
        reader.on("error", (error) => expect.fail(`The answer is no packet: ${String(error)}`));
        reader.parse(Buffer.concat([head ?? Buffer.alloc(0), body]));
      }
      entrance.closed(1006);
      ({ sink, entrance } = world.enter());
    }
    if (entrance.connection === undefined && below(10) > 0) entrance.receive(packets[0] ?? Buffer.alloc(0));
    const bytes = Buffer.from(packets[below(packets.length)] ?? Buffer.alloc(0));
    for (let changes = below(3); changes > 0; changes--) bytes[below(bytes.length)] = below(256);
    entrance.receive(below(4) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes);
    world.settle();
    witness.frames.length = 0;
  }
  expect(answers).toBeGreaterThan(100);
  expect(world.hub.connections.size).toBeLessThanOrEqual(framesMax / 10);
});
