import { describe, expect, test } from "vitest";
import { frameText, json, jsonReliable } from "../wire/json.ts";
import { plain } from "../wire/plain.ts";
import { protobuf, protobufReliable } from "../wire/protobuf.ts";
import { type ConnectRequest, Hub } from "./hub.ts";
import { seededIds } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { MemorySink } from "./memory-sink.ts";
import type { Codec, EventOutcome, UserEvent } from "./ports.ts";

/** A hub whose time and turns only the test moves. */
class World {
  readonly hub: Hub;
  readonly events: UserEvent[] = [];
  outcome: EventOutcome = { handled: false, problem: "" };
  now = 0;
  #turns: (() => void)[] = [];

  constructor(limits: Partial<Limits> = {}) {
    let count = 0;
    this.hub = new Hub({
      name: "test",
      limits,
      clock: { now: () => this.now, after: () => () => undefined },
      scheduler: { soon: (task) => void this.#turns.push(task) },
      ids: seededIds({ next: () => (count++ * 0.618_033_988) % 1 }),
      upstream: {
        connected: () => undefined,
        disconnected: () => undefined,
        event: (_client, event, answer) => {
          this.events.push(event);
          answer(this.outcome);
        },
      },
    });
  }

  client(codec: Codec, request: Omit<ConnectRequest, "codec"> = {}): { link: Link; sink: MemorySink } {
    const sink = new MemorySink();
    return { link: this.hub.connect({ codec, ...request }, sink), sink };
  }

  turn(): void {
    const turns = this.#turns;
    this.#turns = [];
    for (const turn of turns) turn();
  }

  /** Frames since the last look, in hex when binary. `connected` is not shown. */
  show(sink: MemorySink): string[] {
    this.turn();
    return sink.frames
      .splice(0)
      .map((frame) => (frame.binary ? hex(frame.head) + hex(frame.body) : frameText(frame)))
      .filter((text) => !text.includes('"event":"connected"') && !text.startsWith("1a"));
  }
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const fromHex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const member = { roles: all, groups: ["g"] };
const toGroup = { plainMode: { mode: "sendToGroup", group: "g", noEcho: true } } as const;
/** What protobuf members get before the data: from "group", group "g". */
const groupHead = "0a0567726f7570120167";

describe("a group of JSON, protobuf and plain clients", () => {
  const mixed = () => {
    const world = new World();
    return {
      world,
      ada: world.client(json, { userId: "ada", ...member }),
      bob: world.client(protobuf, { userId: "bob", ...member }),
      cleo: world.client(plain, { userId: "cleo", ...member, ...toGroup }),
    };
  };

  test.each<[string, (world: ReturnType<typeof mixed>) => void, string, string, string]>([
    [
      "text of the JSON client",
      ({ ada }) => ada.link.receive('{"type":"sendToGroup","group":"g","dataType":"text","data":"\\u00fc"}'),
      '"fromUserId":"ada","dataType":"text","data":"\\u00fc"',
      "0a02c3bc",
      "ü",
    ],
    [
      "JSON of the JSON client",
      ({ ada }) => ada.link.receive('{"type":"sendToGroup","group":"g","data":{ "a": 1}}'),
      '"fromUserId":"ada","dataType":"json","data":{ "a": 1}',
      `2209${hex(Buffer.from('{ "a": 1}'))}`,
      '{ "a": 1}',
    ],
    [
      "bytes of the protobuf client",
      ({ bob }) => bob.link.receive(fromHex("0a 09 0a 01 67 1a 04 12 02 00 ff")),
      '"fromUserId":"bob","dataType":"binary","data":"AP8="',
      "120200ff",
      "00ff",
    ],
    [
      "an Any of the protobuf client",
      ({ bob }) => bob.link.receive(fromHex("0a 0a 0a 01 67 1a 05 1a 03 0a 01 74")),
      '"fromUserId":"bob","dataType":"protobuf","data":"CgF0"',
      "1a030a0174",
      "0a0174",
    ],
  ])("%s", (_name, send, asJson, asProtobuf, asPlain) => {
    const group = mixed();
    send(group);
    const inner = `${groupHead}1a${(asProtobuf.length / 2).toString(16).padStart(2, "0")}${asProtobuf}`;
    expect(group.world.show(group.ada.sink)).toEqual([`{"type":"message","from":"group","group":"g",${asJson}}`]);
    expect(group.world.show(group.bob.sink)).toEqual([`12${(inner.length / 2).toString(16)}${inner}`]);
    expect(group.world.show(group.cleo.sink)).toEqual([asPlain]);
  });

  test("frames of a plain client: text as text, binary as binary, and noEcho leaves out the sender", () => {
    const { world, ada, bob, cleo } = mixed();
    cleo.link.receive("hi");
    cleo.link.receive(fromHex("00ff"));
    expect(world.show(ada.sink)).toEqual([
      '{"type":"message","from":"group","group":"g","fromUserId":"cleo","dataType":"text","data":"hi"}',
      '{"type":"message","from":"group","group":"g","fromUserId":"cleo","dataType":"binary","data":"AP8="}',
    ]);
    expect(world.show(bob.sink)).toEqual([`1210${groupHead}1a040a026869`, `1210${groupHead}1a04120200ff`]);
    expect(world.show(cleo.sink)).toEqual([]);
  });
});

describe("plain clients", () => {
  test("get payloads only, with nothing about their connection, and close with 1000", () => {
    const world = new World();
    const { link, sink } = world.client(plain);
    world.hub.server.sendToConnection(link.connectionId, { dataType: "text", literal: '"hi"' });
    world.hub.server.closeConnection(link.connectionId, "bye");
    expect(world.show(sink)).toEqual(["hi"]);
    expect(sink.ended).toEqual({ code: 1000, reason: "" });
  });

  test("sendEvent: each frame is an event 'message', the reply comes as a frame, a failure ends with 1011", () => {
    const world = new World();
    const { link, sink } = world.client(plain);
    world.outcome = { handled: true, reply: { dataType: "json", literal: '{"a":1}' } };
    link.receive("hi");
    link.receive(fromHex("00"));
    expect(world.events).toMatchObject([
      { event: "message", payload: { dataType: "text", bytes: Buffer.from("hi") } },
      { event: "message", payload: { dataType: "binary", bytes: fromHex("00") } },
    ]);
    expect(world.show(sink)).toEqual(['{"a":1}', '{"a":1}']);
    world.outcome = { handled: false, problem: "no handler" };
    link.receive("hi");
    expect(sink.ended).toEqual({ code: 1011, reason: "Internal server error" });
  });

  test("sendToGroup without the permission ends with 1008 at the first frame, and delivers nothing", () => {
    const world = new World();
    const reader = world.client(json, { groups: ["g"] });
    const { link, sink } = world.client(plain, { roles: ["webpubsub.sendToGroup.h"], ...toGroup });
    link.receive("hi");
    expect(sink.ended?.code).toBe(1008);
    expect(world.show(reader.sink)).toEqual([]);
    expect(world.hub.server.hasConnection(link.connectionId)).toBe(false);
  });

  test("sendToGroup does not make the sender a member; a grant of the server is enough", () => {
    const world = new World();
    const { link } = world.client(plain, toGroup);
    world.hub.server.grant(link.connectionId, "sendToGroup", "g");
    link.receive("hi");
    expect(world.hub.server.hasGroup("g")).toBe(false);
    expect(world.hub.server.hasConnection(link.connectionId)).toBe(true);
  });

  test("cannot be recovered", () => {
    const world = new World();
    const { link } = world.client(plain);
    const sink = new MemorySink();
    expect(world.hub.recover({ codec: plain, connectionId: link.connectionId, reconnectionToken: "" }, sink)).toBe(
      undefined,
    );
    expect(sink.ended?.code).toBe(1008);
  });
});

describe("protobuf.reliable", () => {
  test("a cut connection gets what it missed with the old numbers; what was acknowledged is not repeated", () => {
    const world = new World();
    const { link, sink } = world.client(protobufReliable, member);
    const ada = world.client(json, { roles: all });
    const publish = () => ada.link.receive('{"type":"sendToGroup","group":"g","dataType":"text","data":"hi"}');
    publish();
    publish();
    const numbered = (id: string) => `121220${id}${groupHead}1a040a026869`;
    expect(world.show(sink)).toEqual([numbered("01"), numbered("02")]);
    link.receive(fromHex("42 02 08 01"));
    link.closed(1006);
    publish();
    const again = new MemorySink();
    const reconnectionToken = link.connection.identity.reconnectionToken ?? "";
    const recovery = { connectionId: link.connectionId, reconnectionToken };
    expect(world.hub.recover({ codec: jsonReliable, ...recovery }, new MemorySink())).toBeUndefined();
    const relinked = world.hub.recover({ codec: protobufReliable, ...recovery }, again);
    relinked?.receive(fromHex("4a 00"));
    expect(world.show(again)).toEqual([numbered("02"), numbered("03"), "2200"]);
  });

  test("events are acknowledged with the error of the emulator; a stream gets BadRequest", () => {
    const world = new World();
    const { link, sink } = world.client(protobuf);
    link.receive(fromHex("2a 0a 0a 01 65 12 03 0a 01 61 18 07"));
    link.receive(fromHex("0a 0a 0a 01 67 10 03 3a 03 0a 01 73"));
    const [event, stream] = world.show(sink).map((frame) => Buffer.from(frame, "hex").toString("latin1"));
    expect(event).toContain("InternalServerError");
    expect(stream).toContain("BadRequest");
  });
});

describe("messages that expire", () => {
  const publish = (ttlSeconds: number, data: string) =>
    JSON.stringify({ type: "sendToGroup", group: "g", ttlSeconds, dataType: "text", data });
  const datas = (frames: string[]) => frames.map((frame) => JSON.parse(frame).data);

  test("a detached client gets only what has not expired when it is back", () => {
    const world = new World();
    const { link } = world.client(jsonReliable, member);
    const ada = world.client(json, { roles: all });
    link.closed(1006);
    ada.link.receive(publish(2, "short"));
    ada.link.receive(publish(0, "for ever"));
    ada.link.receive(publish(20, "long"));
    world.hub.server.sendToGroup("g", { dataType: "text", literal: '"short too"' }, { ttlSeconds: 2 });
    world.now = 2_000;
    const again = new MemorySink();
    const reconnectionToken = link.connection.identity.reconnectionToken ?? "";
    world.hub.recover({ codec: jsonReliable, connectionId: link.connectionId, reconnectionToken }, again);
    expect(datas(world.show(again))).toEqual(["for ever", "long"]);
  });

  test.each([json, jsonReliable])(
    "a client that is behind does not get what expired meanwhile: $subprotocol",
    (codec) => {
      const world = new World({ heldFramesMax: 3 });
      const { link, sink } = world.client(codec, member);
      const ada = world.client(json, { roles: all });
      expect(world.show(sink)).toEqual([]);
      sink.queuedBytes = 64 * 1024;
      ada.link.receive(publish(2, "short"));
      ada.link.receive(publish(3, "longer"));
      world.turn();
      world.now = 2_999;
      ada.link.receive(publish(0, "for ever"));
      ada.link.receive(publish(1, "fits, for one has expired"));
      sink.queuedBytes = 0;
      link.writable();
      expect(datas(world.show(sink))).toEqual(["longer", "for ever", "fits, for one has expired"]);
      expect(sink.ended).toBeUndefined();
    },
  );

  test("a message reaches those who keep up, however short its life", () => {
    const world = new World();
    const bob = world.client(protobuf, member);
    const ada = world.client(json, { roles: all });
    ada.link.receive(publish(1, "hi"));
    expect(world.show(bob.sink)).toEqual([`1210${groupHead}1a040a026869`]);
  });
});

test("metadata of a client reaches JSON and protobuf members and handlers, and is lost to plain ones", () => {
  const world = new World();
  const bob = world.client(protobuf, member);
  const cleo = world.client(plain, member);
  const ada = world.client(json, member);
  const metadata = { k: "v", __proto__x: "y" };
  ada.link.receive(JSON.stringify({ type: "sendToGroup", group: "g", dataType: "text", data: "hi", metadata }));
  expect(JSON.parse(world.show(ada.sink)[0] ?? "{}").metadata).toEqual(metadata);
  expect(world.show(bob.sink)[0]).toContain("2a060a016b120176");
  expect(world.show(cleo.sink)).toEqual(["hi"]);
  bob.link.receive(fromHex("2a 12 0a 01 65 12 03 22 01 37 18 05 22 06 0a 01 6b 12 01 76"));
  expect(world.events[0]?.payload.metadata).toEqual(new Map([["k", "v"]]));
});
