import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";
import { expect, test } from "vitest";
import { benchFor, fine, HandlerServer, listening } from "./handler-server.ts";
import { Bench, hubName } from "./harness.ts";
import { MqttMember } from "./mqtt-bench.ts";

const systemEvents = ["connected", "disconnected", "joined", "left"] as const;
const roles = ["webpubsub.joinLeaveGroup"];

test("every way into a group and out of it is told, in order with the rest", async () => {
  const handler = await HandlerServer.start(() => fine);
  const bench = await benchFor(handler, { hubs: { [hubName]: handler.hub({ systemEvents }) } });
  const client = await bench.plain({ userId: "ada", roles, groups: ["token"] });
  client.send({ type: "joinGroup", group: "own" });
  client.send({ type: "joinGroup", group: "own" });
  client.send({ type: "leaveGroup", group: "own" });
  client.send({ type: "leaveGroup", group: "own" });
  await client.settled();
  await bench.admin.group("rest").addConnection(client.id);
  await bench.admin.closeConnection(client.id);
  const posts = await handler.posted(8);
  expect(posts.map(({ headers, body }) => [headers["ce-type"], JSON.parse(body.toString()).group])).toEqual([
    ["azure.webpubsub.sys.connected", undefined],
    ["azure.webpubsub.gp.joined", "token"],
    ["azure.webpubsub.gp.joined", "own"],
    ["azure.webpubsub.gp.left", "own"],
    ["azure.webpubsub.gp.joined", "rest"],
    ["azure.webpubsub.gp.left", "token"],
    ["azure.webpubsub.gp.left", "rest"],
    ["azure.webpubsub.sys.disconnected", undefined],
  ]);
  expect(posts[1]?.headers).toMatchObject({ "ce-eventname": "joined", "ce-userid": "ada", "ce-id": "1" });
});

test("a recovery is none, and an MQTT subscription is one", async () => {
  const handler = await HandlerServer.start(() => fine);
  const bench = await benchFor(handler, { hubs: { [hubName]: handler.hub({ systemEvents }) } });
  const options = { clean: false, properties: { sessionExpiryInterval: 30 } };
  const first = await MqttMember.connect(bench, { ...options, clientId: "watched" });
  await first.client.subscribeAsync("t");
  bench.service.cut("watched");
  await bench.logged(({ type }) => type === "detached");
  const second = await MqttMember.connect(bench, { ...options, clientId: "watched" });
  await second.client.unsubscribeAsync("t");
  const posts = await handler.posted(3);
  expect(posts.map(({ headers }) => headers["ce-eventname"])).toEqual(["connected", "joined", "left"]);
});

test("the official Express package hears them", async () => {
  const heard: string[] = [];
  const app = express();
  const { url } = await listening(app);
  const done = new Promise<void>((resolve) => {
    const handler = new WebPubSubEventHandler(hubName, {
      onGroupJoined: ({ group }) => void heard.push(`joined ${group}`),
      onGroupLeft: ({ group }) => {
        heard.push(`left ${group}`);
        resolve();
      },
    });
    app.use(handler.getMiddleware());
  });
  const eventHandlers = [{ urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`, systemEvents }];
  const bench = await Bench.start({ hubs: { [hubName]: { eventHandlers } } });
  const client = await bench.plain({ groups: ["room"] });
  await bench.admin.removeConnectionFromAllGroups(client.id);
  await done;
  expect(heard).toEqual(["joined room", "left room"]);
});
