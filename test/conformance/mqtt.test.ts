import { expect, test } from "vitest";
import { WebPubSubProtobufReliableProtocol } from "y-webpubsub/protobuf";
import { Bench } from "./harness.ts";
import { everything, MqttMember } from "./mqtt-bench.ts";

test.each([4, 5] as const)("MQTT version %i: a publish reaches who has subscribed", async (protocolVersion) => {
  const bench = await Bench.start();
  const [ada, bob] = await Promise.all([
    MqttMember.connect(bench, { protocolVersion }),
    MqttMember.connect(bench, { protocolVersion }),
  ]);
  for (const qos of [0, 1, 2] as const) {
    const topic = `room/${qos}`;
    expect(await bob.client.subscribeAsync(topic, { qos })).toMatchObject([{ topic, qos }]);
    await ada.client.publishAsync(topic, `hello ${qos}`, { qos });
  }
  await bob.received(3);
  expect(bob.packets.map(({ topic, payload, qos }) => [topic, payload.toString(), qos])).toEqual([
    ["room/0", "hello 0", 0],
    ["room/1", "hello 1", 1],
    ["room/2", "hello 2", 2],
  ]);
});

test("MQTT, JSON and protobuf members of a group hear each other", async () => {
  const bench = await Bench.start();
  const identity = { ...everything, groups: ["room"], userId: "ada" };
  const protobuf = await bench.sdk(identity, { protocol: WebPubSubProtobufReliableProtocol() });
  const json = await bench.plain(identity);
  const member = await MqttMember.connect(bench);
  await member.client.subscribeAsync("room", { qos: 2 });
  json.send({ type: "sendToGroup", group: "room", dataType: "json", data: { a: [1] } });
  expect(JSON.parse(await json.next())).toMatchObject({ data: { a: [1] } });
  await member.client.publishAsync("room", "hi", { properties: { contentType: "text/plain" } });
  expect(JSON.parse(await json.next())).toMatchObject({ type: "message", group: "room", dataType: "text", data: "hi" });
  await protobuf.received(2);
  expect(protobuf.messages).toEqual([{ a: [1] }, "hi"]);
  await member.received(2);
  expect(member.packets.map(({ qos, payload, properties }) => [qos, payload.toString(), properties])).toEqual([
    [1, '{"a":[1]}', { contentType: "application/json" }],
    [0, "hi", { contentType: "text/plain" }],
  ]);
});

test.each([
  ["application/json", '{"a":1}', "json", { a: 1 }],
  ["application/json; charset=utf-8", "[]", "json", []],
  ["text/plain", "héllo", "text", "héllo"],
  ["application/octet-stream", "abc", "binary", "YWJj"],
  ["application/x-protobuf", "abc", "protobuf", "YWJj"],
  ["image/png", "abc", "binary", "YWJj"],
  [undefined, "abc", "binary", "YWJj"],
])("a publish of the content type %s is %j as %s", async (contentType, text, dataType, data) => {
  const bench = await Bench.start();
  const json = await bench.plain({ groups: ["room"] });
  const sender = await MqttMember.connect(bench);
  await sender.client.publishAsync("room", text, contentType === undefined ? {} : { properties: { contentType } });
  expect(JSON.parse(await json.next())).toMatchObject({ dataType, data });
});

test("MQTT 3.1.1 publishes are binary for the others", async () => {
  const bench = await Bench.start();
  const json = await bench.plain({ groups: ["room"] });
  const sender = await MqttMember.connect(bench, { protocolVersion: 4 });
  await sender.client.publishAsync("room", '{"a":1}');
  expect(JSON.parse(await json.next())).toMatchObject({ dataType: "binary", data: "eyJhIjoxfQ==" });
});

test("what MQTT 5.0 says about a message arrives as it was sent", async () => {
  const bench = await Bench.start();
  const [sender, receiver] = await Promise.all([MqttMember.connect(bench), MqttMember.connect(bench)]);
  await receiver.client.subscribeAsync("room", { qos: 1 });
  const properties = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 60,
    contentType: "text/markdown",
    responseTopic: "answers/here",
    correlationData: Buffer.from([0, 1, 255]),
    userProperties: { name: ["one", "two"], __other: "x" },
  };
  await sender.client.publishAsync("room", "# hi", { qos: 1, properties });
  const [packet] = await receiver.received(1);
  expect({ ...packet?.properties, userProperties: { ...packet?.properties?.userProperties } }).toEqual(properties);
});

test.each([
  ["application/json", "{", undefined],
  ["text/plain", Buffer.from([0xff]), undefined],
  [undefined, Buffer.from([0xff]), true],
])(
  "a publish of %s that does not hold what it says is refused",
  async (contentType, payload, payloadFormatIndicator) => {
    const bench = await Bench.start();
    const sender = await MqttMember.connect(bench);
    const properties = {
      ...(contentType === undefined ? {} : { contentType }),
      ...(payloadFormatIndicator === undefined ? {} : { payloadFormatIndicator }),
    };
    await expect(sender.client.publishAsync("room", payload, { qos: 1, properties })).rejects.toMatchObject({
      code: 0x99,
    });
  },
);

test("own publishes stay away with no local, and come back otherwise", async () => {
  const bench = await Bench.start();
  const member = await MqttMember.connect(bench);
  await member.client.subscribeAsync("quiet", { qos: 1, nl: true });
  await member.client.subscribeAsync("loud", { qos: 1 });
  await member.client.publishAsync("quiet", "1", { qos: 1 });
  await member.client.publishAsync("loud", "2", { qos: 1 });
  await member.received(1);
  expect(member.texts).toEqual(["2"]);
});

test("a message bears the identifier of its subscription", async () => {
  const bench = await Bench.start();
  const member = await MqttMember.connect(bench);
  for (const [topic, subscriptionIdentifier] of [
    ["a", 1],
    ["b", 200_000_000],
  ] as const) {
    await member.client.subscribeAsync(topic, { qos: 1, properties: { subscriptionIdentifier } });
    await member.client.publishAsync(topic, topic, { qos: topic === "a" ? 0 : 1 });
  }
  await member.received(2);
  expect(member.packets.map(({ topic, properties }) => [topic, properties?.subscriptionIdentifier])).toEqual([
    ["a", 1],
    ["b", 200_000_000],
  ]);
});

test("after UNSUBSCRIBE nothing comes any more", async () => {
  const bench = await Bench.start();
  const member = await MqttMember.connect(bench);
  await member.client.subscribeAsync(["a", "b"]);
  await member.client.unsubscribeAsync("a");
  await member.client.publishAsync("a", "1");
  await member.client.publishAsync("b", "2");
  await member.received(1);
  expect(member.texts).toEqual(["2"]);
  expect(await bench.admin.groupExists("a")).toBe(false);
});

test("REST sends arrive, and connections, groups and permissions are those of any client", async () => {
  const bench = await Bench.start();
  const member = await MqttMember.connect(bench, {}, { userId: "ada" });
  const { admin } = bench;
  await admin.sendToAll("1", { contentType: "text/plain" });
  await admin.sendToUser("ada", { two: 2 });
  await admin.sendToConnection(member.id, "3", { contentType: "text/plain" });
  await admin.group("room").addConnection(member.id);
  await admin.group("room").sendToAll("4", { contentType: "text/plain" });
  await member.received(4);
  expect(member.packets.map(({ topic, payload, qos }) => [topic, payload.toString(), qos])).toEqual([
    ["$webpubsub/server/messages", "1", 1],
    ["$webpubsub/server/messages", '{"two":2}', 1],
    ["$webpubsub/server/messages", "3", 1],
    ["room", "4", 0],
  ]);
  expect(await admin.connectionExists(member.id)).toBe(true);
  await expect(member.client.publishAsync("room", "5", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });
  await admin.grantPermission(member.id, "sendToGroup", { targetName: "room" });
  await member.client.publishAsync("room", "6", { qos: 1 });
  expect((await member.received(5)).at(-1)?.payload.toString()).toBe("6");
});

test("a close by REST ends the session with DISCONNECT 0x98", async () => {
  const bench = await Bench.start();
  const member = await MqttMember.connect(bench, { clean: false, properties: { sessionExpiryInterval: 30 } });
  const told = new Promise<unknown>((resolve) => member.client.once("disconnect", resolve));
  await bench.admin.closeConnection(member.id, { reason: "enough" });
  expect(await told).toMatchObject({
    reasonCode: 0x98,
    properties: { reasonString: "Application server closed the connection. Reason: enough" },
  });
  expect(await bench.admin.connectionExists(member.id)).toBe(false);
});

test("QoS 0 is what a receiver gets who asked for it, and the lower of both counts", async () => {
  const bench = await Bench.start();
  const [sender, receiver] = await Promise.all([MqttMember.connect(bench), MqttMember.connect(bench)]);
  await receiver.client.subscribeAsync("low", { qos: 0 });
  await receiver.client.subscribeAsync("high", { qos: 2 });
  await sender.client.publishAsync("low", "1", { qos: 2 });
  await sender.client.publishAsync("high", "2", { qos: 1 });
  await receiver.received(2);
  expect(receiver.packets.map(({ qos }) => qos)).toEqual([0, 1]);
});
