import { type IClientOptions, Store } from "mqtt";
import { describe, expect, test } from "vitest";
import { Bench } from "./harness.ts";
import { MqttMember, newClientId } from "./mqtt-bench.ts";
import { RawMqtt } from "./mqtt-raw.ts";

/** A session that outlives its transport, of either version. */
function lasting(protocolVersion: 4 | 5, clean: boolean, clientId: string): IClientOptions {
  const properties = protocolVersion === 5 ? { properties: { sessionExpiryInterval: 30 } } : {};
  return { protocolVersion, clean, clientId, ...properties };
}

describe.each([4, 5] as const)("a session of MQTT version %i", (protocolVersion) => {
  test("goes on after a cut, with its subscriptions and what came meanwhile", async () => {
    const bench = await Bench.start();
    const clientId = newClientId();
    const first = await MqttMember.connect(bench, lasting(protocolVersion, false, clientId));
    expect(first.connack.sessionPresent).toBe(false);
    await first.client.subscribeAsync(["one", "two"], { qos: 2 });
    bench.service.cut(clientId);
    await bench.logged(({ type }) => type === "detached");
    const sender = await MqttMember.connect(bench, { protocolVersion });
    for (const [topic, qos] of [
      ["one", 1],
      ["two", 2],
      ["one", 0],
    ] as const) {
      await sender.client.publishAsync(topic, `${topic} ${qos}`, { qos });
    }
    const second = await MqttMember.connect(bench, lasting(protocolVersion, false, clientId));
    expect(second.connack.sessionPresent).toBe(true);
    await second.received(2);
    await sender.client.publishAsync("two", "now", { qos: 0 });
    await second.received(3);
    expect(second.texts).toEqual(["one 1", "two 2", "now"]);
  });

  test("is over with a clean start, and without a persistent session", async () => {
    const bench = await Bench.start();
    const clientId = newClientId();
    const first = await MqttMember.connect(bench, lasting(protocolVersion, false, clientId));
    await first.client.subscribeAsync("t", { qos: 1 });
    bench.service.cut(clientId);
    await bench.logged(({ type }) => type === "detached");
    const second = await MqttMember.connect(bench, { protocolVersion, clientId, clean: true });
    expect(second.connack.sessionPresent).toBe(false);
    expect(await bench.admin.groupExists("t")).toBe(false);
    bench.service.cut(clientId);
    await bench.ended(clientId);
    expect(await bench.admin.connectionExists(clientId)).toBe(false);
  });

  test("repeats what was not acknowledged with its old id, marked as repeated", async () => {
    const bench = await Bench.start();
    const clientId = newClientId();
    const options = { version: protocolVersion, clientId, cleanStart: false, sessionExpiryInterval: 30 };
    const first = await RawMqtt.connect(bench, options);
    first.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 2 }] });
    await first.next("suback");
    const sender = await MqttMember.connect(bench);
    await sender.client.publishAsync("t", "one", { qos: 1 });
    await sender.client.publishAsync("t", "two", { qos: 2 });
    await sender.client.publishAsync("t", "three", { qos: 2 });
    const sent = [await first.next("publish"), await first.next("publish"), await first.next("publish")];
    const [one, two, three] = sent.map(({ messageId }) => messageId ?? 0);
    first.send({ cmd: "pubrec", messageId: two ?? 0 });
    expect(await first.next("pubrel")).toMatchObject({ messageId: two });
    first.cut();
    await bench.logged(({ type }) => type === "detached");
    const second = await RawMqtt.connect(bench, options);
    expect(second.connack).toMatchObject({ sessionPresent: true });
    expect(await second.next("publish")).toMatchObject({ messageId: one, qos: 1, dup: true });
    expect(await second.next("pubrel")).toMatchObject({ messageId: two });
    expect(await second.next("publish")).toMatchObject({ messageId: three, qos: 2, dup: true });
    second.send({ cmd: "puback", messageId: one ?? 0 });
    second.send({ cmd: "pubcomp", messageId: two ?? 0 });
    second.send({ cmd: "pubrec", messageId: three ?? 0 });
    await second.next("pubrel");
    second.send({ cmd: "pubcomp", messageId: three ?? 0 });
    second.send({ cmd: "pingreq" });
    await second.next("pingresp");
    second.cut();
    const third = await RawMqtt.connect(bench, options);
    third.send({ cmd: "pingreq" });
    expect((await third.next()).cmd).toBe("pingresp");
  });

  test("takes a publish with QoS 2 once, however often it is sent", async () => {
    const bench = await Bench.start();
    const receiver = await MqttMember.connect(bench);
    await receiver.client.subscribeAsync("t", { qos: 0 });
    const clientId = newClientId();
    const options = { version: protocolVersion, clientId, cleanStart: false, sessionExpiryInterval: 30 };
    const first = await RawMqtt.connect(bench, options);
    const publish = { cmd: "publish", topic: "t", payload: "once", qos: 2, messageId: 7, retain: false } as const;
    first.send({ ...publish, dup: false });
    await first.next("pubrec");
    first.cut();
    const second = await RawMqtt.connect(bench, options);
    second.send({ ...publish, dup: true });
    await second.next("pubrec");
    second.send({ cmd: "pubrel", messageId: 7 });
    await second.next("pubcomp");
    second.send({ ...publish, payload: "again", dup: false });
    await second.next("pubrec");
    await receiver.received(2);
    expect(receiver.texts).toEqual(["once", "again"]);
  });

  test("is taken over by a newer transport with the same client id", async () => {
    const bench = await Bench.start();
    const clientId = newClientId();
    const first = await MqttMember.connect(bench, lasting(protocolVersion, false, clientId));
    await first.client.subscribeAsync("t", { qos: 1 });
    const ended = new Promise<unknown>((resolve) => {
      first.client.once("disconnect", ({ reasonCode }) => resolve(reasonCode));
      first.client.once("close", () => resolve("closed"));
    });
    const second = await MqttMember.connect(bench, lasting(protocolVersion, false, clientId));
    expect(second.connack.sessionPresent).toBe(true);
    expect(await ended).toBe(protocolVersion === 5 ? 0x8e : "closed");
    await bench.admin.group("t").sendToAll("hi", { contentType: "text/plain" });
    await second.received(1);
  });
});

test("MQTT.js comes back by itself, and loses nothing with QoS 1", async () => {
  const bench = await Bench.start();
  const clientId = newClientId();
  const options = { ...lasting(5, false, clientId), reconnectPeriod: 20, incomingStore: new Store({ clean: false }) };
  const member = await MqttMember.connect(bench, options);
  await member.client.subscribeAsync("t", { qos: 1 });
  const sender = await MqttMember.connect(bench);
  for (let at = 0; at < 50; at++) {
    await sender.client.publishAsync("t", String(at), { qos: 1 });
    if (at % 10 === 5) bench.service.cut(clientId);
  }
  await member.receivedTexts(50);
  expect([...new Set(member.texts)]).toEqual(Array.from({ length: 50 }, (_, at) => String(at)));
});

test("a session may end, or go on, as DISCONNECT says", async () => {
  const bench = await Bench.start();
  const [ending, staying] = [newClientId(), newClientId()];
  const first = await MqttMember.connect(bench, lasting(5, false, ending));
  const second = await MqttMember.connect(bench, lasting(5, false, staying));
  await first.client.endAsync(false, { properties: { sessionExpiryInterval: 0 } });
  await second.client.endAsync();
  await bench.ended(ending);
  await bench.logged((line) => line.type === "detached" && line.connectionId === staying);
  expect(await bench.admin.connectionExists(staying)).toBe(true);
});

test("a session that nobody takes up ends after its time", async () => {
  const bench = await Bench.start({ limits: { recoveryMs: 1_000 } });
  const clientId = newClientId();
  const member = await MqttMember.connect(bench, lasting(5, false, clientId));
  expect(member.connack.properties).toMatchObject({ sessionExpiryInterval: 1 });
  bench.service.cut(clientId);
  expect(await bench.ended(clientId)).toMatchObject({ reason: "The connection recovery timeout expired." });
});

test("the will is published after a cut, not after a goodbye", async () => {
  const bench = await Bench.start();
  const watcher = await MqttMember.connect(bench);
  await watcher.client.subscribeAsync("wills", { qos: 1 });
  const will = (text: string) =>
    ({
      will: {
        topic: "wills",
        payload: Buffer.from(text),
        qos: 1,
        retain: false,
        properties: { contentType: "text/plain" },
      },
    }) as const;
  const polite = await MqttMember.connect(bench, will("polite"));
  const cut = await MqttMember.connect(bench, will("cut"));
  const lastingClient = await MqttMember.connect(bench, { ...lasting(5, false, newClientId()), ...will("kept") });
  await polite.client.endAsync();
  bench.service.cut(cut.id);
  await watcher.received(1);
  bench.service.cut(lastingClient.id);
  await watcher.received(2);
  expect(
    watcher.packets.map(({ payload, qos, properties }) => [payload.toString(), qos, properties?.contentType]),
  ).toEqual([
    ["cut", 1, "text/plain"],
    ["kept", 1, "text/plain"],
  ]);
});

test("a delayed will is not published when the client is back in time", async () => {
  const bench = await Bench.start();
  const watcher = await MqttMember.connect(bench);
  await watcher.client.subscribeAsync("wills", { qos: 1 });
  const clientId = newClientId();
  const properties = { willDelayInterval: 20 };
  const will = { topic: "wills", payload: Buffer.from("gone"), qos: 1, retain: false, properties } as const;
  const first = await MqttMember.connect(bench, { ...lasting(5, false, clientId), will });
  bench.service.cut(first.id);
  await bench.logged(({ type }) => type === "detached");
  const second = await MqttMember.connect(bench, { ...lasting(5, false, clientId), will });
  expect(second.connack.sessionPresent).toBe(true);
  await second.client.endAsync(false, { reasonCode: 4, properties: { sessionExpiryInterval: 0 } });
  await watcher.received(1);
  expect(watcher.texts).toEqual(["gone"]);
});

test("what expires is not delivered late, and the rest of its time is told", async () => {
  const bench = await Bench.start();
  const clientId = newClientId();
  const first = await MqttMember.connect(bench, lasting(5, false, clientId));
  await first.client.subscribeAsync("t", { qos: 1 });
  bench.service.cut(clientId);
  await bench.logged(({ type }) => type === "detached");
  const sender = await MqttMember.connect(bench);
  await sender.client.publishAsync("t", "short", { qos: 1, properties: { messageExpiryInterval: 1 } });
  await bench.admin.group("t").sendToAll("long", { contentType: "text/plain", messageTtlSeconds: 100 });
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const second = await MqttMember.connect(bench, lasting(5, false, clientId));
  const [packet] = await second.received(1);
  expect(second.texts).toEqual(["long"]);
  expect(packet?.properties?.messageExpiryInterval).toBeLessThan(100);
});

test("a client gets no more at a time than its receive maximum", async () => {
  const bench = await Bench.start();
  const slow = await RawMqtt.connect(bench, { version: 5, clientId: newClientId(), receiveMaximum: 2 });
  slow.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
  await slow.next("suback");
  for (let at = 0; at < 5; at++) await bench.admin.group("t").sendToAll(String(at), { contentType: "text/plain" });
  slow.send({ cmd: "pingreq" });
  const before: string[] = [];
  for (let packet = await slow.next(); packet.cmd !== "pingresp"; packet = await slow.next()) before.push(packet.cmd);
  expect(before).toEqual(["publish", "publish"]);
  slow.send({ cmd: "puback", messageId: 1 });
  expect(await slow.next("publish")).toMatchObject({ messageId: 3 });
});

test("a client that never acknowledges ends at the bound, without harm to the others", async () => {
  const bench = await Bench.start({ limits: { unackedMessagesMax: 10 } });
  const slow = await RawMqtt.connect(bench, { version: 5, clientId: newClientId() });
  slow.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
  await slow.next("suback");
  const other = await MqttMember.connect(bench);
  await other.client.subscribeAsync("t", { qos: 1 });
  for (let at = 0; at < 11; at++) await other.client.publishAsync("t", String(at), { qos: 1 });
  await other.received(11);
  expect(await slow.closed).toMatchObject({ code: 1008 });
});

test("more QoS 2 publishes at a time than the service takes end the connection", async () => {
  const bench = await Bench.start({ limits: { unackedMessagesMax: 2 } });
  const client = await RawMqtt.connect(bench, { version: 5, clientId: newClientId() });
  expect(client.connack).toMatchObject({ properties: { receiveMaximum: 2 } });
  for (const messageId of [1, 2, 3]) {
    client.send({ cmd: "publish", topic: "t", payload: "", qos: 2, messageId, dup: false, retain: false });
  }
  expect(await client.next("disconnect")).toMatchObject({ reasonCode: 0x93 });
});

test("a client that says nothing for one and a half times its keep-alive is cut off", async () => {
  const bench = await Bench.start();
  const client = await RawMqtt.connect(bench, { version: 5, clientId: newClientId(), keepalive: 1 });
  expect(await client.next("disconnect")).toMatchObject({ reasonCode: 0x8d });
  await client.closed;
});

test("packets larger than the client takes are left out", async () => {
  const bench = await Bench.start();
  const client = await RawMqtt.connect(bench, { version: 5, clientId: newClientId(), maximumPacketSize: 100 });
  client.send({
    cmd: "subscribe",
    messageId: 1,
    subscriptions: [
      { topic: "t", qos: 1 },
      { topic: "u", qos: 0 },
    ],
  });
  await client.next("suback");
  const { admin } = bench;
  for (const topic of ["t", "u"]) {
    await admin.group(topic).sendToAll("x".repeat(200), { contentType: "text/plain" });
    await admin.group(topic).sendToAll("short", { contentType: "text/plain" });
    expect((await client.next("publish")).payload?.toString()).toBe("short");
  }
});
