import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { Hub } from "../core/hub.ts";
import { seededIds } from "../core/ids.ts";
import { MemorySink } from "../core/memory-sink.ts";
import { NumberedFrame } from "../core/numbered-frame.ts";
import type { Frame } from "../core/ports.ts";
import { MqttEntrance } from "./entrance.ts";

interface Member {
  readonly sink: MemorySink;
  /** Without the end of the turn. */
  say(packet: Packet): void;
  send(packet: Packet): void;
}

class World {
  readonly hub: Hub;
  #turn: (() => void)[] = [];

  constructor() {
    let last = 0;
    this.hub = new Hub({
      name: "h",
      clock: { now: () => 0, after: () => () => undefined },
      scheduler: { soon: (task) => void this.#turn.push(task) },
      ids: seededIds({
        next: () => {
          last = (last + 0.37) % 1;
          return last;
        },
      }),
    });
  }

  settle(): void {
    while (this.#turn.length > 0) for (const task of this.#turn.splice(0)) task();
  }

  /** A member of the group "t" with this QoS, whose first packets are behind it. */
  member(clientId: string, qos: 0 | 1 | 2): Member {
    const sink = new MemorySink();
    const admission = { userId: undefined, roles: ["webpubsub.joinLeaveGroup"], groups: [] };
    const judge = () => ({ accepted: true, admission }) as const;
    const entrance = new MqttEntrance(
      { hub: this.hub, physicalConnectionId: clientId, judge, forget: () => undefined },
      sink,
    );
    const say = (packet: Packet) => entrance.receive(generate(packet, { protocolVersion: 5 }));
    const send = (packet: Packet) => {
      say(packet);
      this.settle();
    };
    send({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId, clean: true, keepalive: 60 });
    send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos, nl: false, rap: false, rh: 0 }] });
    sink.frames.length = 0;
    return { sink, say, send };
  }

  publish(text: string): void {
    this.hub.server.sendToGroup("t", { dataType: "text", literal: JSON.stringify(text) });
  }
}

function shared(frame: Frame | undefined): Frame | undefined {
  return frame instanceof NumberedFrame ? frame.shared : frame;
}

test.each([0, 1] as const)("members with QoS %i share the bytes of a message, whatever their packet ids", (qos) => {
  const world = new World();
  const first = world.member("first", qos);
  world.publish("alone");
  world.settle();
  const second = world.member("second", qos);
  world.publish("both");
  world.settle();
  const [alone, both] = first.sink.frames;
  const [other] = second.sink.frames;
  expect(alone).toBeDefined();
  expect(shared(both)).toBe(shared(other));
  const ids = [both, other].map((frame) => (frame instanceof NumberedFrame ? frame.sequenceId : 0));
  expect(ids).toEqual(qos === 0 ? [0, 0] : [2, 1]);
});

test("all messages of a turn leave in one write, and packet ids that are taken are left out", () => {
  const world = new World();
  const { sink, send } = world.member("one", 1);
  for (const text of ["1", "2", "3"]) world.publish(text);
  world.settle();
  expect(sink.writes).toBe(3);
  const ids = (frames: readonly Frame[]) =>
    frames.map((frame) => (frame instanceof NumberedFrame ? frame.sequenceId : 0));
  expect(ids(sink.frames)).toEqual([1, 2, 3]);
  send({ cmd: "puback", messageId: 2 });
  sink.frames.length = 0;
  world.publish("4");
  world.settle();
  expect(ids(sink.frames)).toEqual([4]);
});

test("what a member asks for in the middle of a turn holds for the messages after it", () => {
  const world = new World();
  const [first, second] = [world.member("first", 0), world.member("second", 0)];
  world.publish("1");
  first.say({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "t", qos: 1, nl: false, rap: false, rh: 0 }] });
  world.publish("2");
  second.say({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["t"] });
  world.publish("3");
  world.settle();
  const kinds = ({ sink }: Member) => sink.frames.map((frame) => (frame.head ?? frame.body)[0]);
  const [publish, confirmedPublish, suback, unsuback] = [0x30, 0x32, 0x90, 0xb0];
  expect(kinds(first)).toEqual([publish, suback, confirmedPublish, confirmedPublish]);
  expect(kinds(second)).toEqual([publish, publish, unsuback]);
});

test("a frame of a member is what the packet library would have written", () => {
  const world = new World();
  const { sink } = world.member("one", 2);
  world.publish("x".repeat(300));
  world.settle();
  const [frame] = sink.frames;
  const packet: Packet = {
    cmd: "publish",
    topic: "t",
    payload: "x".repeat(300),
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
    properties: { contentType: "text/plain" },
  };
  const bytes = Buffer.concat([frame?.head ?? Buffer.alloc(0), frame?.body ?? Buffer.alloc(0)]);
  expect(bytes.toString("hex")).toBe(generate(packet, { protocolVersion: 5 }).toString("hex"));
});
