import { expect, test } from "vitest";
import { benchFor, deferred, fine, HandlerServer } from "./handler-server.ts";
import { Bench, hubName } from "./harness.ts";
import { everything, MqttMember, mqttUrl, newClientId } from "./mqtt-bench.ts";
import { RawMqtt } from "./mqtt-raw.ts";

const json = { "Content-Type": "application/json" };
const onConnect = (answer: object, status = 200) =>
  HandlerServer.start(({ headers }) =>
    headers["ce-eventname"] === "connect" ? { status, headers: json, body: JSON.stringify(answer) } : fine,
  );

test("user name and password are for the handler of connect, which lets in and gives roles", async () => {
  const handler = await onConnect({
    userId: "ada",
    roles: ["webpubsub.sendToGroup"],
    groups: ["given"],
    subprotocol: "mqtt",
    mqtt: { userProperties: [{ name: "welcome", value: "yes" }] },
  });
  const hub = handler.hub({}, { anonymousConnectPolicy: "allow" });
  const bench = await benchFor(handler, { hubs: { [hubName]: hub } });
  const url = `${(await mqttUrl(bench)).split("?")[0]}?k=v`;
  const clientId = newClientId();
  const member = await MqttMember.at(url, {
    clientId,
    username: "name",
    password: "secret",
    properties: { userProperties: { a: "b" } },
  });
  expect({ ...member.connack.properties?.userProperties }).toEqual({ welcome: "yes" });
  await member.client.publishAsync("given", "hi", { qos: 1 });
  await member.received(1);
  const [connect, connected] = await handler.posted(2);
  expect(JSON.parse(connect?.body.toString() ?? "")).toMatchObject({
    mqtt: {
      protocolVersion: 5,
      cleanStart: true,
      username: "name",
      password: Buffer.from("secret").toString("base64"),
      userProperties: [{ name: "a", value: "b" }],
    },
    claims: {},
    query: { k: ["v"] },
    subprotocols: ["mqtt"],
    clientCertificates: [],
  });
  const physical = connect?.headers["ce-physicalconnectionid"];
  expect(connect?.headers).toMatchObject({
    "ce-type": "azure.webpubsub.sys.connect",
    "ce-source": `/hubs/${hubName.toLowerCase()}/client/${clientId}/${physical}`,
    "ce-connectionid": clientId,
    "ce-id": "0",
  });
  expect(connect?.headers["ce-sessionid"]).toBeUndefined();
  expect(connected?.headers).toMatchObject({
    "ce-type": "azure.webpubsub.sys.connected",
    "ce-physicalconnectionid": physical,
    "ce-sessionid": expect.stringMatching(/./),
    "ce-subprotocol": "mqtt",
    "ce-userid": "ada",
    "ce-id": "1",
  });
});

test.each([
  [5, { mqtt: { code: 138, reason: "banned", userProperties: [{ name: "why", value: "spam" }] } }, 401, 138],
  [5, { mqtt: { code: 7 } }, 401, 0x80],
  [5, {}, 403, 0x87],
  [5, {}, 500, 0x80],
  [4, { mqtt: { code: 4 } }, 401, 4],
  [4, { mqtt: { code: 138 } }, 400, 3],
  [4, {}, 401, 5],
] as const)("MQTT version %i: a refusal %j with %i is the code %i", async (protocolVersion, answer, status, code) => {
  const handler = await onConnect(answer, status);
  const bench = await benchFor(handler, { upstreamLimits: { retryDelaysMs: [] } });
  await expect(MqttMember.connect(bench, { protocolVersion })).rejects.toMatchObject({ code });
});

test("connected is told once a session, disconnected with the client's own words", async () => {
  const handler = await HandlerServer.start(() => fine);
  const bench = await benchFor(handler);
  const clientId = newClientId();
  const options = { clientId, clean: false, properties: { sessionExpiryInterval: 30 } };
  await MqttMember.connect(bench, options);
  bench.service.cut(clientId);
  await bench.logged(({ type }) => type === "detached");
  const second = await MqttMember.connect(bench, options);
  expect(second.connack.sessionPresent).toBe(true);
  await second.client.endAsync(false, {
    reasonCode: 4,
    properties: { sessionExpiryInterval: 0, userProperties: { bye: "now" } },
  });
  const [first, connected, again, ended] = await handler.posted(4);
  expect([first, connected, again, ended].map((post) => post?.headers["ce-eventname"])).toEqual([
    "connect",
    "connected",
    "connect",
    "disconnected",
  ]);
  expect(again?.headers["ce-physicalconnectionid"]).not.toBe(first?.headers["ce-physicalconnectionid"]);
  expect(ended?.headers["ce-sessionid"]).toBe(connected?.headers["ce-sessionid"]);
  expect(JSON.parse(ended?.body.toString() ?? "")).toMatchObject({
    mqtt: {
      initiatedByClient: true,
      disconnectPacket: { code: 4, userProperties: [{ name: "bye", value: "now" }] },
    },
  });
});

test("a cut without a word has no packet to tell of", async () => {
  const handler = await HandlerServer.start(() => fine);
  const bench = await benchFor(handler);
  const member = await MqttMember.connect(bench, { protocolVersion: 4 });
  bench.service.cut(member.id);
  const [post] = await handler.posted(1, "disconnected");
  expect(JSON.parse(post?.body.toString() ?? "")).toMatchObject({
    mqtt: { initiatedByClient: false, disconnectPacket: null },
  });
});

test("a client that leaves while its handler thinks, and is let in, is told the end of", async () => {
  const gate = deferred();
  const handler = await HandlerServer.start(async ({ headers }) => {
    if (headers["ce-eventname"] === "connect") await gate.promise;
    return fine;
  });
  const bench = await benchFor(handler);
  const client = await RawMqtt.dial(bench, 5);
  const clientId = newClientId();
  client.send({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId, clean: true, keepalive: 60 });
  await handler.posted(1, "connect");
  client.ws.close();
  await client.closed;
  gate.resolve();
  const [post] = await handler.posted(1, "disconnected");
  expect(post?.headers["ce-connectionid"]).toBe(clientId);
  expect(await bench.admin.connectionExists(clientId)).toBe(false);
});

test.each([0, 1, 2] as const)("an event with QoS %i, and its answer with the same", async (qos) => {
  const handler = await HandlerServer.start(({ headers, body }) =>
    headers["ce-eventname"] === "say"
      ? {
          status: 201,
          headers: { "Content-Type": "text/markdown", "mqtt-Answer": "42", "ce-connectionState": "state" },
          body: `${body.toString()}!`,
        }
      : fine,
  );
  const bench = await benchFor(handler);
  const member = await MqttMember.connect(bench);
  const topic = "$webpubsub/server/events/say";
  await member.client.publishAsync(topic, "hi", {
    qos,
    properties: {
      contentType: "text/x-poem; charset=utf-8",
      correlationData: Buffer.from("id"),
      userProperties: { Mood: ["good", "bad"], "no header": "x" },
    },
  });
  const [answer] = await member.received(1);
  expect(answer).toMatchObject({
    topic: `${topic}/succeeded`,
    qos,
    properties: { contentType: "text/markdown", correlationData: Buffer.from("id") },
  });
  expect(answer?.payload.toString()).toBe("hi!");
  expect({ ...answer?.properties?.userProperties }).toEqual({ answer: "42", "azure-status-code": "201" });
  const [post] = await handler.posted(1, "say");
  expect(post?.body.toString()).toBe("hi");
  expect(post?.headers).toMatchObject({
    "content-type": "text/x-poem; charset=utf-8",
    "ce-type": "azure.webpubsub.user.say",
    "mqtt-mood": "good, bad",
    "ce-sessionid": expect.stringMatching(/./),
  });
});

test("an event that fails is answered with its status, and without a handler with 500", async () => {
  const handler = await HandlerServer.start(({ headers }) =>
    headers["ce-eventname"] === "say" ? { status: 418, headers: { "mqtt-why": "tea" }, body: "no" } : fine,
  );
  const bench = await benchFor(handler);
  const member = await MqttMember.connect(bench);
  await member.client.publishAsync("$webpubsub/server/events/say", "hi", { qos: 1 });
  const [failed] = await member.received(1);
  expect([failed?.topic, failed?.payload.toString(), { ...failed?.properties?.userProperties }]).toEqual([
    "$webpubsub/server/events/say/failed",
    "no",
    { why: "tea", "azure-status-code": "418" },
  ]);
  const alone = await Bench.start();
  const lonely = await MqttMember.connect(alone, { protocolVersion: 4 });
  await lonely.client.publishAsync("$webpubsub/server/events/say", "hi", { qos: 1 });
  expect(await lonely.received(1)).toMatchObject([{ topic: "$webpubsub/server/events/say/failed" }]);
});

test("an event whose content type cannot be a header is refused", async () => {
  const bench = await Bench.start();
  const member = await MqttMember.connect(bench, {}, everything);
  const properties = { contentType: "no mime type" };
  const sent = member.client.publishAsync("$webpubsub/server/events/say", "hi", { qos: 1, properties });
  await expect(sent).rejects.toMatchObject({ code: 0x99 });
});
