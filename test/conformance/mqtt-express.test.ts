import { WebPubSubEventHandler, type WebPubSubEventHandlerOptions } from "@azure/web-pubsub-express";
import express from "express";
import { expect, test } from "vitest";
import { deferred, listening } from "./handler-server.ts";
import { Bench, hubName } from "./harness.ts";
import { MqttMember } from "./mqtt-bench.ts";

/** A service whose events go to the official Express package, unmodified. */
async function benchWith(options: WebPubSubEventHandlerOptions): Promise<Bench> {
  const app = express();
  const { url } = await listening(app);
  const urlTemplate = `${url}/api/webpubsub/hubs/{hub}/`;
  const systemEvents = ["connect", "connected", "disconnected"] as const;
  const bench = await Bench.start({
    hubs: { [hubName]: { eventHandlers: [{ urlTemplate, userEventPattern: "*", systemEvents }] } },
  });
  app.use(new WebPubSubEventHandler(hubName, options).getMiddleware());
  return bench;
}

test("the official Express package knows MQTT clients, lets them in and hears them go", async () => {
  const contexts: unknown[] = [];
  const gone = deferred<unknown>();
  const bench = await benchWith({
    handleConnect: (request, response) => {
      contexts.push(request.context.mqtt);
      const { mqtt } = request as { readonly mqtt?: { readonly username?: string } };
      if (mqtt?.username === "eve") {
        response.failWith({ mqtt: { code: 135, reason: "not you" } });
      } else {
        response.success({ userId: "ada", mqtt: { userProperties: [{ name: "a", value: "b" }] } });
      }
    },
    handleUserEvent: (request, response) => response.success(`${String(request.data)}!`, "text"),
    onDisconnected: (request) => gone.resolve(request),
  });
  await expect(MqttMember.connect(bench, { username: "eve", password: "x" })).rejects.toMatchObject({ code: 135 });
  const member = await MqttMember.connect(bench, { username: "ada", password: "x" });
  expect({ ...member.connack.properties?.userProperties }).toEqual({ a: "b" });
  const named = { physicalConnectionId: expect.stringMatching(/./) };
  expect(contexts).toMatchObject([named, named]);
  const properties = { contentType: "text/plain" };
  await member.client.publishAsync("$webpubsub/server/events/say", "hi", { qos: 1, properties });
  const [answer] = await member.received(1);
  expect([answer?.topic, answer?.payload.toString()]).toEqual(["$webpubsub/server/events/say/succeeded", "hi!"]);
  await member.client.endAsync();
  expect(await gone.promise).toMatchObject({
    context: { userId: "ada", mqtt: { sessionId: expect.stringMatching(/./) } },
    mqtt: { initiatedByClient: true, disconnectPacket: { code: 0 } },
  });
});
