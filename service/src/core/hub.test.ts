import { describe, expect, test } from "vitest";
import { frameText, json, jsonReliable } from "../wire/json.ts";
import { Hub } from "./hub.ts";
import { seededIds } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { Link } from "./link.ts";
import { MemorySink } from "./memory-sink.ts";
import type { Codec, HubEvent } from "./ports.ts";

/** A hub on a clock that only the test moves. */
class World {
  readonly events: HubEvent[] = [];
  readonly hub: Hub;
  #now = 0;
  #timers: { readonly at: number; readonly fire: () => void }[] = [];

  constructor(limits: Partial<Limits> = {}) {
    let count = 0;
    this.hub = new Hub({
      name: "test",
      limits,
      clock: { now: () => this.#now, after: (delayMs, fire) => this.#after(delayMs, fire) },
      scheduler: { soon: (task) => void this.#after(0, task) },
      ids: seededIds({ next: () => (count++ * 0.618_033_988) % 1 }),
      onEvent: (event) => this.events.push(event),
    });
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = until;
  }

  client(request: { codec?: Codec; userId?: string; roles?: string[]; groups?: string[] } = {}): Client {
    const sink = new MemorySink();
    return new Client(this, sink, this.hub.connect({ codec: json, ...request }, sink));
  }

  recover(client: Client, codec: Codec = jsonReliable, token = client.token): Client {
    const sink = new MemorySink();
    return new Client(this, sink, this.hub.recover({ codec, connectionId: client.id, reconnectionToken: token }, sink));
  }

  #after(delayMs: number, fire: () => void): () => void {
    const timer = { at: this.#now + delayMs, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}

class Client {
  readonly sink: MemorySink;
  readonly link: Link | undefined;
  readonly #world: World;

  constructor(world: World, sink: MemorySink, link: Link | undefined) {
    this.#world = world;
    this.sink = sink;
    this.link = link;
  }

  get id(): string {
    return this.link?.connectionId ?? "";
  }

  get token(): string {
    return this.link?.connection.identity.reconnectionToken ?? "";
  }

  get received(): string[] {
    this.#world.advance(0);
    return this.sink.frames.map(frameText);
  }

  /** All frames after `connected`. */
  get answers(): string[] {
    return this.received.filter((text) => !text.includes('"event":"connected"'));
  }

  send(message: object): void {
    this.link?.receive(JSON.stringify(message));
  }
}

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const publish = { type: "sendToGroup", group: "g", dataType: "text", data: "hi" };
const published = '{"type":"message","from":"group","group":"g","fromUserId":"ada","dataType":"text","data":"hi"}';

describe("Hub: groups", () => {
  test("a publish reaches members, and the sender unless noEcho", () => {
    const world = new World();
    const ada = world.client({ userId: "ada", roles: all, groups: ["g"] });
    const bob = world.client({ groups: ["g"] });
    const stranger = world.client();
    ada.send(publish);
    ada.send({ ...publish, noEcho: true });
    expect(ada.answers).toEqual([published]);
    expect(bob.answers).toEqual([published, published]);
    expect(stranger.answers).toEqual([]);
  });

  test("noEcho leaves out the connection, not the user", () => {
    const world = new World();
    const here = world.client({ userId: "ada", roles: all, groups: ["g"] });
    const there = world.client({ userId: "ada", groups: ["g"] });
    here.send({ ...publish, noEcho: true });
    expect(there.answers).toEqual([published]);
  });

  test("without the role: Forbidden with an ackId, silence without", () => {
    const world = new World();
    const eve = world.client({ roles: ["webpubsub.sendToGroup.g"], groups: ["g.f"] });
    eve.send({ ...publish, group: "g.f", ackId: 1 });
    eve.send({ type: "joinGroup", group: "g", ackId: 2 });
    eve.send({ ...publish, group: "g.f" });
    expect(eve.answers).toEqual([
      `{"type":"ack","ackId":1,"success":false,"error":{"name":"Forbidden","message":"The client does not have permission to send to group 'g.f'."}}`,
      `{"type":"ack","ackId":2,"success":false,"error":{"name":"Forbidden","message":"The client does not have permission to join group 'g'."}}`,
    ]);
    expect(world.hub.server.hasGroup("g")).toBe(false);
  });

  test("a repeated ackId is Duplicate and not performed; a failed one may be tried again", () => {
    const world = new World();
    const ada = world.client({ userId: "ada", roles: ["webpubsub.sendToGroup.g"], groups: ["g"] });
    ada.send({ ...publish, ackId: 7 });
    ada.send({ ...publish, ackId: 7 });
    ada.send({ type: "joinGroup", group: "x", ackId: 8 });
    world.hub.server.grant(ada.id, "joinLeaveGroup", "x");
    ada.send({ type: "joinGroup", group: "x", ackId: 8 });
    expect(ada.answers.filter((text) => text === published)).toHaveLength(1);
    expect(ada.answers).toContain(
      '{"type":"ack","ackId":7,"success":false,"error":{"name":"Duplicate","message":"Message with ack-id: 7 has been processed"}}',
    );
    expect(ada.answers.at(-1)).toBe('{"type":"ack","ackId":8,"success":true}');
  });

  test("acknowledged ids are remembered up to the limit, oldest forgotten first", () => {
    const world = new World({ rememberedAcksMax: 2 });
    const ada = world.client({ roles: all });
    for (const ackId of [1, 2, 3, 1, 3]) ada.send({ type: "leaveGroup", group: "g", ackId });
    expect(ada.answers.map((text) => text.includes("Duplicate"))).toEqual([false, false, false, false, true]);
  });

  test("a group ends with its last member, whatever the order of leaving", () => {
    const world = new World();
    const clients = Array.from({ length: 5 }, () => world.client({ roles: all, groups: ["g"] }));
    for (const i of [1, 4, 0, 3]) clients[i]?.send({ type: "leaveGroup", group: "g" });
    world.hub.server.sendToGroup("g", { dataType: "text", literal: '"last"' });
    expect(clients.map((client) => client.answers.length)).toEqual([0, 0, 1, 0, 0]);
    clients[2]?.link?.closed(1000);
    expect(world.hub.server.hasGroup("g")).toBe(false);
  });
});

describe("Hub: turns and slow clients", () => {
  test("all frames of one turn leave in one write, and members share their bytes", () => {
    const world = new World();
    const ada = world.client({ roles: all, groups: ["g"] });
    const bob = world.client({ groups: ["g"] });
    for (let i = 0; i < 5; i++) ada.send(publish);
    expect(bob.answers).toHaveLength(5);
    expect(bob.sink.writes).toBe(1);
    expect(bob.sink.frames[1]?.body).toBe(ada.sink.frames[1]?.body);
  });

  test("frames wait while the transport is behind; too many end the connection with 1008", () => {
    const world = new World({ heldFramesMax: 3 });
    const ada = world.client({ roles: all });
    const slow = world.client({ groups: ["g"] });
    expect(slow.received).toHaveLength(1);
    slow.sink.queuedBytes = 64 * 1024;
    for (let i = 0; i < 3; i++) ada.send(publish);
    expect(slow.received).toHaveLength(1);
    slow.sink.queuedBytes = 0;
    slow.link?.writable();
    expect(slow.received).toHaveLength(4);
    slow.sink.queuedBytes = 64 * 1024;
    for (let i = 0; i < 4; i++) ada.send(publish);
    expect(slow.received).toHaveLength(4);
    expect(slow.sink.ended).toEqual({ code: 1008, reason: "SlowClient" });
    expect(world.hub.server.hasConnection(slow.id)).toBe(false);
  });

  test("a burst larger than the bound passes when the transport keeps up", () => {
    const world = new World({ heldFramesMax: 3 });
    const ada = world.client({ roles: all });
    const bob = world.client({ groups: ["g"] });
    for (let i = 0; i < 20; i++) ada.send(publish);
    expect(bob.answers).toHaveLength(20);
  });
});

describe("Hub: reliable connections", () => {
  const reliable = { codec: jsonReliable, roles: all, groups: ["g"] };

  test("a cut connection gets what it missed, with old numbers, then the rest", () => {
    const world = new World();
    const ada = world.client({ userId: "ada", ...reliable });
    ada.send(publish);
    ada.send({ type: "sequenceAck", sequenceId: 1 });
    ada.send({ ...publish, ackId: 1 });
    expect(ada.answers).toHaveLength(3);
    ada.link?.closed(1006);
    world.hub.server.sendToGroup("g", { dataType: "text", literal: '"missed"' });
    world.advance(29_999);
    const again = world.recover(ada);
    again.send({ ...publish, ackId: 1 });
    expect(again.received.map((text) => text.slice(0, 16))).toEqual([
      '{"sequenceId":2,',
      '{"sequenceId":3,',
      '{"type":"ack","a',
    ]);
    expect(again.received[2]).toContain("Duplicate");
    ada.link?.receive('{"type":"leaveGroup","group":"g"}');
    ada.link?.closed(1000);
    expect(world.hub.server.hasGroup("g")).toBe(true);
  });

  test("a second transport replaces a live one, which is aborted", () => {
    const world = new World();
    const ada = world.client(reliable);
    const again = world.recover(ada);
    expect(ada.sink.ended).toEqual({ code: 1006, reason: "" });
    again.send({ type: "ping" });
    expect(again.received).toEqual(['{"type":"pong"}']);
  });

  test.each([
    ["closed with 1000", (_world: World, ada: Client) => ada.link?.closed(1000)],
    ["after the window", (world: World, ada: Client) => [ada.link?.closed(1005), world.advance(30_000)]],
    ["closed by the server", (world: World, ada: Client) => world.hub.server.closeConnection(ada.id)],
    ["broke the protocol", (_world: World, ada: Client) => ada.link?.receive("no JSON")],
  ])("recovery is refused by 1008: %s", (_name, end) => {
    const world = new World();
    const ada = world.client(reliable);
    end(world, ada);
    const again = world.recover(ada);
    expect(again.link).toBeUndefined();
    expect(again.sink.ended?.code).toBe(1008);
    expect(world.hub.server.hasGroup("g")).toBe(false);
  });

  test("recovery is refused with a wrong token, another subprotocol, or an unreliable connection", () => {
    const world = new World();
    const ada = world.client(reliable);
    ada.link?.closed(1006);
    expect(world.recover(ada, jsonReliable, "x").sink.ended?.code).toBe(1008);
    expect(world.recover(ada, jsonReliable, "").sink.ended?.code).toBe(1008);
    expect(world.recover(ada, json).sink.ended?.code).toBe(1008);
    expect(world.recover(world.client(), jsonReliable, "").sink.ended?.code).toBe(1008);
    expect(world.recover(ada).link).toBeDefined();
  });

  test("more unacknowledged messages than the bound end the connection for good, attached or not", () => {
    const world = new World({ unackedMessagesMax: 2 });
    const attached = world.client(reliable);
    const detached = world.client(reliable);
    detached.link?.closed(1006);
    for (let i = 0; i < 3; i++) world.hub.server.sendToGroup("g", { dataType: "text", literal: '"x"' });
    world.advance(0);
    expect(attached.sink.ended?.code).toBe(1008);
    expect(world.recover(attached).link).toBeUndefined();
    expect(world.recover(detached).link).toBeUndefined();
    world.advance(60_000);
    expect(world.events.filter((event) => event.type === "disconnected")).toHaveLength(2);
  });

  test("permissions granted by the server survive a recovery", () => {
    const world = new World();
    const ada = world.client({ codec: jsonReliable });
    world.hub.server.grant(ada.id, "joinLeaveGroup", "h");
    ada.link?.closed(1006);
    const again = world.recover(ada);
    again.send({ type: "joinGroup", group: "h", ackId: 1 });
    expect(again.received).toEqual(['{"type":"ack","ackId":1,"success":true}']);
  });
});

test("stopping tells every client and closes with 1000", () => {
  const world = new World();
  const ada = world.client({ codec: jsonReliable });
  world.hub.stop("The service is stopping.");
  expect(ada.answers).toEqual(['{"type":"system","event":"disconnected","message":"The service is stopping."}']);
  expect(ada.sink.ended).toEqual({ code: 1000, reason: "" });
  expect(world.hub.connections.size).toBe(0);
});
