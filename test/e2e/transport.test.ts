import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Service, startService } from "webpubsub-local";
import { WebSocketServer } from "ws";
import { type Subprotocol, systemClock, webPubSubTransport } from "y-webpubsub";
import type { Clock, GroupName } from "y-webpubsub/core";
import { accessTo, group, type Heard, record } from "../support/transport.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
/** A clock that runs a hundred times as fast. */
function hundredfold(): Clock {
  const clock = systemClock();
  return {
    now: () => (clock.now() * 100) as ReturnType<Clock["now"]>,
    after: (delayMs, fire) => clock.after(delayMs / 100, fire),
  };
}

/** Connections with a socket; those that wait for a recovery are not counted. */
function attached(hub: ReturnType<Service["hub"]>): number {
  return [...hub.connections.values()].filter((connection) => connection.state.phase === "open").length;
}

const publisher = [`webpubsub.sendToGroup.${group}`];

describe("the transport over the official client and the real service", () => {
  let service: Service;
  let dropped: string[];
  let opened: Heard[];

  beforeEach(async () => {
    service = await startService({ port: 0 });
    dropped = [];
    opened = [];
  });
  afterEach(async () => {
    for (const heard of opened) heard.link.close();
    await service.close();
  });

  function open(
    access: () => Promise<string>,
    clock: Clock = systemClock(),
    protocol: Subprotocol = "json.reliable",
  ): Heard {
    const drops = { drop: (reason: string) => void dropped.push(reason) };
    const transport = webPubSubTransport({ protocol, clock, drops });
    const heard = record((on) => transport.open(access, on));
    opened.push(heard);
    return heard;
  }
  const dial = (userId: string, roles: readonly string[] = publisher) =>
    open(accessTo(service.connectionString, roles, userId));

  test("CN2 the service's connected message is the join, and the groups come with the token", async () => {
    const ada = dial("ada");
    const bob = dial("bob");
    expect((await ada.next("joined")).connectionId).not.toBe("");
    await bob.next("joined");

    // A view in the middle of a larger buffer: only its own bytes may travel.
    expect(ada.link.publish(group, bytes(9, 1, 2, 3, 9).subarray(1, 4), false)).toBe("accepted");

    const received = await bob.next("received");
    expect({ ...received, bytes: [...received.bytes] }).toEqual({
      type: "received",
      group,
      bytes: [1, 2, 3],
      fromUserId: "ada",
    });
  });

  test("CN7 a confirmed publish is answered once, a forbidden one with the service's word", async () => {
    const ada = dial("ada");
    await ada.next("joined");
    ada.link.publish(group, bytes(1), true);
    await ada.next("confirmed");

    ada.link.publish("elsewhere" as GroupName, bytes(1), true);
    expect((await ada.next("unconfirmed")).reason).toBe("Forbidden");
    expect(ada.events.map((event) => event.type)).toEqual(["joined", "confirmed", "unconfirmed"]);
  });

  test("what was published over REST has no sender", async () => {
    const ada = dial("ada");
    await ada.next("joined");
    service.hub("collab").server.sendToGroup(group, { dataType: "binary", literal: `"${btoa("hi")}"` });
    expect((await ada.next("received")).fromUserId).toBe(null);
  });

  test("what is not binary is dropped and counted", async () => {
    const ada = dial("ada");
    await ada.next("joined");
    service.hub("collab").server.sendToGroup(group, { dataType: "text", literal: '"words"' });
    service.hub("collab").server.sendToGroup(group, { dataType: "binary", literal: `"${btoa("hi")}"` });
    await ada.next("received");
    expect(dropped).toEqual(["not-binary"]);
  });

  test("CN5 a cut is an interruption, the service's recovery a resumption, and nothing is lost", async () => {
    const ada = dial("ada");
    const bob = dial("bob");
    const { connectionId } = await ada.next("joined");
    await bob.next("joined");

    expect(service.cut(connectionId)).toBe(true);
    await ada.next("interrupted");
    expect(ada.link.publish(group, bytes(1), false)).toBe("full");
    bob.link.publish(group, bytes(7), false);

    await ada.next("resumed");
    expect([...(await ada.next("received")).bytes]).toEqual([7]);
    expect(ada.link.publish(group, bytes(2), false)).toBe("accepted");
    expect([...(await bob.next("received")).bytes]).toEqual([2]);
    // A second cut is noticed as well as the first.
    service.cut(connectionId);
    await ada.next("interrupted");
    await ada.next("resumed");
  });

  test("CN5 CN7 a confirmation that a cut swallowed is asked for again, and the frame is published once", async () => {
    const ada = dial("ada");
    const bob = dial("bob");
    const { connectionId } = await ada.next("joined");
    await bob.next("joined");
    ada.link.publish(group, bytes(5), true);
    service.cut(connectionId);
    await ada.next("resumed");
    await ada.next("confirmed");
    ada.link.publish(group, bytes(6), true);
    await ada.next("confirmed");
    expect([...(await bob.next("received")).bytes, ...(await bob.next("received")).bytes]).toEqual([5, 6]);
    expect(ada.events.map((event) => event.type)).not.toContain("unconfirmed");
  });

  test("CN3 without the reliable subprotocol a cut is the end", async () => {
    const ada = open(accessTo(service.connectionString, publisher, "ada"), systemClock(), "json");
    const { connectionId } = await ada.next("joined");
    ada.link.publish(group, bytes(1), true);
    await ada.next("confirmed");
    service.cut(connectionId);
    await ada.next("closed");
    expect(ada.events.map((event) => event.type)).toEqual(["joined", "confirmed", "closed"]);
  });

  test("CN5 a connection the service closes for good ends the link exactly once", async () => {
    const ada = dial("ada");
    const { connectionId } = await ada.next("joined");
    service.hub("collab").server.closeConnection(connectionId, "the room moved");
    expect((await ada.next("closed")).reason).toContain("the room moved");
    expect(ada.link.publish(group, bytes(1), false)).toBe("full");
    expect(ada.events.filter((event) => event.type === "closed")).toHaveLength(1);
  });

  test("CN3 a dial that is refused, a service that is gone and a failing access are ends, with no token in the reason", async () => {
    const strange = open(
      async () => `${service.endpoint.replace("http", "ws")}/client/hubs/collab?access_token=secret`,
    );
    expect((await strange.next("closed")).reason).toContain("401");

    const failing = open(() => Promise.reject(new Error("no at ws://x/?access_token=secret&y=1")));
    expect((await failing.next("closed")).reason).toBe("no at ws://x/?access_token=…&y=1");

    const access = accessTo(service.connectionString, publisher, "ada");
    const url = await access();
    await service.close();
    const gone = open(async () => url);
    expect((await gone.next("closed")).reason).toContain("ECONNREFUSED");
  });

  test("a link closed while it dials leaves nothing at the service, and no event follows", async () => {
    const events: string[] = [];
    const bob = dial("bob");
    await bob.next("joined");
    // Closed before the access is there, and closed right after the URL was handed over.
    const early = dial("early");
    early.link.close();
    let handedOver: () => void = () => undefined;
    const handover = new Promise<void>((resolve) => {
      handedOver = resolve;
    });
    const late = open(async () => {
      const url = await accessTo(service.connectionString, publisher, "late")();
      setTimeout(handedOver, 0);
      return url;
    });
    await handover;
    late.link.close();
    late.link.close();
    events.push(...early.events.map((event) => event.type), ...late.events.map((event) => event.type));
    expect(events).toEqual([]);
    const hub = service.hub("collab");
    // A socket that got through is closed by the client: its connection detaches.
    await expect.poll(() => attached(hub), { timeout: 5000 }).toBe(1);
    expect(late.events).toEqual([]);
  });

  test("CN5 a link closed in mid recovery does not come back", async () => {
    const ada = dial("ada");
    const { connectionId } = await ada.next("joined");
    service.cut(connectionId);
    await ada.next("interrupted");
    ada.link.close();
    const seen = ada.events.length;
    await expect.poll(() => attached(service.hub("collab")), { timeout: 5000 }).toBe(0);
    expect(ada.events.length).toBe(seen);
  });

  test("a quiet line is kept alive by pings, a silent one is an end, and nonsense on it is dropped", async () => {
    const alive = open(accessTo(service.connectionString, publisher, "ada"), hundredfold());
    service.cut((await alive.next("joined")).connectionId);
    await alive.next("resumed");

    const mute = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: ([first]) => first ?? false });
    mute.on("connection", (socket) => {
      socket.send("{ not json");
      socket.send('{"type":"system","event":"connected","connectionId":"c1","userId":"u"}');
    });
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as AddressInfo;
    const silent = open(async () => `ws://127.0.0.1:${port}/`, hundredfold());
    await silent.next("joined");
    expect((await silent.next("closed")).reason).toContain("silent");
    expect(dropped).toContain("unreadable-message");
    mute.close();

    // As long on the same clock, the line that is answered is still there.
    expect(alive.events.map((event) => event.type)).toEqual(["joined", "interrupted", "resumed"]);
    alive.link.publish(group, bytes(1), true);
    await alive.next("confirmed");
  });

  test("a dial nobody answers is an end after its deadline", async () => {
    const deaf = createServer((socket) => socket.on("error", () => socket.destroy()));
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    const { port } = deaf.address() as AddressInfo;
    const heard = open(async () => `ws://127.0.0.1:${port}/`, hundredfold());
    expect((await heard.next("closed")).reason).toContain("in time");
    deaf.close();
  });

  test("the backlog is bounded: a line that takes nothing answers full", async () => {
    const ada = dial("ada");
    await ada.next("joined");
    const block = new Uint8Array(64 * 1024);
    const answers = Array.from({ length: 32 }, () => ada.link.publish(group, block, false));
    expect(answers.slice(0, 16)).not.toContain("full");
    expect(answers.at(-1)).toBe("full");
    await expect.poll(() => ada.link.publish(group, bytes(1), false), { timeout: 5000 }).toBe("accepted");
  });
});
