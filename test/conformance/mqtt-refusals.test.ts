import type { IClientOptions } from "mqtt";
import { describe, expect, test } from "vitest";
import { Bench, hubName, jsonName, sign } from "./harness.ts";
import { everything, MqttMember, mqttUrl, newClientId } from "./mqtt-bench.ts";

/** The packet or error that a connection ended with. */
function ending(member: MqttMember): Promise<unknown> {
  return new Promise((resolve) => {
    member.client.once("disconnect", resolve);
    member.client.once("close", () => resolve("closed"));
  });
}

test("no token, a foreign one and another subprotocol are refused before the upgrade", async () => {
  const bench = await Bench.start();
  const url = await mqttUrl(bench);
  const bare = url.split("?")[0] ?? "";
  expect(await bench.refusal(bare, "mqtt")).toMatchObject({ status: 401 });
  expect(await bench.refusal(await bench.url(), "mqtt")).toMatchObject({ status: 400 });
  expect(await bench.refusal(url, jsonName)).toMatchObject({ status: 400 });
  expect(await bench.refusal(`${bare}?${(await bench.url()).split("?")[1]}`, "mqtt")).toMatchObject({ status: 401 });
});

test("a token in the header, with the short claim for groups, is as good", async () => {
  const bench = await Bench.start();
  const claims = { aud: `${bench.service.endpoint}/clients/mqtt/hubs/${hubName}`, group: "room", sub: "ada" };
  const token = sign({ ...claims, exp: Math.floor(Date.now() / 1_000) + 60 });
  const url = `${bench.service.endpoint.replace("http", "ws")}/clients/mqtt/hubs/${hubName}`;
  const member = await MqttMember.at(url, { wsOptions: { headers: { Authorization: `Bearer ${token}` } } });
  await bench.admin.group("room").sendToAll("hi", { contentType: "text/plain" });
  await member.received(1);
  expect(await bench.admin.userExists("ada")).toBe(true);
});

test("without a token a client comes in where the hub lets anonymous ones in", async () => {
  const bench = await Bench.start({ hubs: { [hubName]: { anonymousConnectPolicy: "allow" } } });
  const member = await MqttMember.at((await mqttUrl(bench)).split("?")[0] ?? "");
  expect(member.client.connected).toBe(true);
});

describe("CONNECT", () => {
  test.each<[string, IClientOptions, number]>([
    ["a client id with other characters", { clientId: "a_b" }, 0x85],
    ["a client id of 129 characters", { clientId: "a".repeat(129) }, 0x85],
    ["enhanced authentication", { properties: { authenticationMethod: "SCRAM" } }, 0x8c],
    ["a retained will", { will: { topic: "t", payload: Buffer.from("x"), qos: 0, retain: true } }, 0x9a],
    ["a will for a wildcard", { will: { topic: "t/#", payload: Buffer.from("x"), qos: 0, retain: false } }, 0x90],
    ["a long will", { will: { topic: "t", payload: Buffer.alloc(2_001), qos: 0, retain: false } }, 0x95],
  ])("with %s is refused with its reason code", async (_name, options, code) => {
    const bench = await Bench.start();
    await expect(MqttMember.connect(bench, options)).rejects.toMatchObject({ code });
  });

  test.each<[string, IClientOptions, number]>([
    ["a client id with other characters", { clientId: "a_b" }, 2],
    ["a keep-alive time over 180 s", { keepalive: 181 }, 5],
    ["no keep-alive time", { keepalive: 0 }, 5],
  ])("of MQTT 3.1.1 with %s is refused with its return code", async (_name, options, code) => {
    const bench = await Bench.start();
    await expect(MqttMember.connect(bench, { protocolVersion: 4, ...options })).rejects.toMatchObject({ code });
  });

  test("of MQTT 3.1 is refused", async () => {
    const bench = await Bench.start();
    const ws = await bench.dial(await mqttUrl(bench), "mqtt");
    ws.ws.send(Buffer.from("100f00064d514973647003020000000161", "hex"));
    expect(await ws.next()).toBe("binary 20020001");
    expect((await ws.closed).code).toBe(1000);
  });

  test("without a client id gets one", async () => {
    const bench = await Bench.start();
    const { connack } = await MqttMember.connect(bench, { clientId: "" });
    const assigned = connack.properties?.assignedClientIdentifier;
    const line = await bench.logged(({ type }) => type === "connected");
    expect(line).toMatchObject({ connectionId: assigned });
    expect(assigned).toMatch(/^[0-9A-Za-z]{1,128}$/);
  });

  test("as the first packet is a must, and a text frame is none", async () => {
    const bench = await Bench.start();
    const [silent, text] = await Promise.all([
      bench.dial(await mqttUrl(bench), "mqtt"),
      bench.dial(await mqttUrl(bench), "mqtt"),
    ]);
    silent.ws.send(Buffer.from([0xc0, 0]));
    text.ws.send("hello");
    expect(await silent.closed).toMatchObject({ code: 1000 });
    expect(await text.closed).toMatchObject({ code: 1003 });
  });

  test("tells what is not offered and what was changed", async () => {
    const bench = await Bench.start();
    const url = await mqttUrl(bench);
    const member = await MqttMember.at(url, { keepalive: 0, properties: { sessionExpiryInterval: 3_600 } });
    expect(member.connack.properties).toMatchObject({
      serverKeepAlive: 180,
      sessionExpiryInterval: 30,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
    });
  });
});

describe("SUBSCRIBE", () => {
  test.each([
    ["a/+", 0xa2],
    ["#", 0xa2],
    ["$share/group/topic", 0x9e],
    ["$webpubsub/other", 0x8f],
    [" ", 0x8f],
    ["forbidden", 0x87],
  ])("to %j is refused with the reason %i", async (topic, code) => {
    const bench = await Bench.start();
    const member = await MqttMember.connect(bench, {}, { roles: ["webpubsub.joinLeaveGroup.allowed"] });
    const granted = await member.subscribed([topic, "allowed"]);
    expect(granted).toEqual([code, 0]);
    const old = await MqttMember.connect(bench, { protocolVersion: 4 }, { roles: [] });
    expect(await old.subscribed([topic])).toEqual([0x80]);
  });

  test("to the topics that the service writes to is fine", async () => {
    const bench = await Bench.start();
    const member = await MqttMember.connect(bench);
    const topics = ["$webpubsub/server/messages", "$webpubsub/server/events/say/succeeded"];
    expect(await member.subscribed(topics)).toEqual([0, 0]);
    await bench.admin.sendToConnection(member.id, "hi", { contentType: "text/plain" });
    expect(await member.received(1)).toMatchObject([{ qos: 0, topic: "$webpubsub/server/messages" }]);
  });
});

describe("PUBLISH", () => {
  test.each([
    ["a/#", 0x90],
    ["$webpubsub/other", 0x90],
    ["$webpubsub/server/events/not a name", 0x90],
    ["forbidden", 0x87],
  ])("to %j is refused with the reason %i; MQTT 3.1.1 is told by the end", async (topic, code) => {
    const bench = await Bench.start();
    const identity = { roles: ["webpubsub.sendToGroup.allowed"] };
    const member = await MqttMember.connect(bench, {}, identity);
    await expect(member.client.publishAsync(topic, "x", { qos: 1 })).rejects.toMatchObject({ code });
    await expect(member.client.publishAsync(topic, "x", { qos: 2 })).rejects.toMatchObject({ code });
    await member.client.publishAsync(topic, "x", { qos: 0 });
    await member.client.publishAsync("allowed", "x", { qos: 1 });
    const old = await MqttMember.connect(bench, { protocolVersion: 4 }, identity);
    const closed = ending(old);
    old.client.publish(topic, "x", { qos: 1 });
    expect(await closed).toBe("closed");
  });

  test("retained, or with an alias, ends the connection with its reason", async () => {
    const bench = await Bench.start();
    const retaining = await MqttMember.connect(bench);
    const ended = ending(retaining);
    retaining.client.publish("t", "x", { retain: true });
    expect(await ended).toMatchObject({ reasonCode: 0x9a });
    const aliasing = await MqttMember.connect(bench);
    const stopped = ending(aliasing);
    aliasing.sendRaw(Buffer.from([0x30, 8, 0, 1, 0x74, 3, 0x23, 0, 1, 0x78]));
    expect(await stopped).toMatchObject({ reasonCode: 0x94 });
  });

  test("of more than the service takes ends the connection", async () => {
    const bench = await Bench.start({ limits: { messageBytesMax: 4_096 } });
    const member = await MqttMember.connect(bench);
    const ended = ending(member);
    member.sendRaw(Buffer.from([0x30, 0xff, 0x7f, 0, 1]));
    expect(await ended).toMatchObject({ reasonCode: 0x95 });
  });
});

test("subscriptions are bounded", async () => {
  const bench = await Bench.start({ limits: { groupsPerConnectionMax: 2 } });
  const member = await MqttMember.connect(bench);
  const answers = [1, 2, 3].map((at) => `$webpubsub/server/events/e${at}/failed`);
  expect(await member.subscribed(answers)).toEqual([0, 0, 0x97]);
  const other = await MqttMember.connect(bench);
  expect(await other.subscribed(["a", "b", "c"])).toEqual([0, 0, 0x97]);
  const long = `$webpubsub/server/events/${"e".repeat(1_024)}/failed`;
  const third = await MqttMember.connect(bench);
  expect(await third.subscribed([long])).toEqual([0x8f]);
});

test("somebody else's session cannot be taken over", async () => {
  const bench = await Bench.start();
  const clientId = newClientId();
  await MqttMember.connect(bench, { clientId }, { ...everything, userId: "ada" });
  const thief = MqttMember.connect(bench, { clientId }, { ...everything, userId: "eve" });
  await expect(thief).rejects.toMatchObject({ code: 0x85 });
});
