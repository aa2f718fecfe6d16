import { WebPubSubEventHandler, type WebPubSubEventHandlerOptions } from "@azure/web-pubsub-express";
import express from "express";
import { describe, expect, test } from "vitest";
import { deferred, listening } from "./handler-server.ts";
import { Bench, hubName, jsonName } from "./harness.ts";

/** A service whose events go to the official Express package, unmodified. */
async function benchWith(options: WebPubSubEventHandlerOptions, allowService = false): Promise<Bench> {
  const app = express();
  const { url } = await listening(app);
  const bench = await Bench.start({
    hubs: {
      [hubName]: {
        eventHandlers: [
          {
            urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`,
            userEventPattern: "*",
            systemEvents: ["connect", "connected", "disconnected"],
          },
        ],
      },
    },
  });
  const endpoints = allowService ? { allowedEndpoints: ["https://other.example", bench.service.endpoint] } : {};
  app.use(new WebPubSubEventHandler(hubName, { ...options, ...endpoints }).getMiddleware());
  return bench;
}

describe("connect", () => {
  test("the handler sees who comes, and decides on user, groups and roles", async () => {
    const seen = deferred<unknown>();
    const bench = await benchWith({
      handleConnect: (request, response) => {
        const { claims, queries, subprotocols, context } = request;
        seen.resolve({ claims, query: (request as { query?: object }).query ?? queries, subprotocols, context });
        response.success({ userId: "renamed", groups: ["given"], roles: ["webpubsub.sendToGroup.given"] });
      },
    });
    const url = `${await bench.url({ userId: "ada", groups: ["of-token"], roles: ["webpubsub.joinLeaveGroup"] })}&room=7`;
    const client = await bench.dial(url, jsonName);
    const connected = JSON.parse(await client.next());
    expect(connected).toMatchObject({ event: "connected", userId: "renamed" });
    expect(await seen.promise).toMatchObject({
      claims: { sub: ["ada"], role: ["webpubsub.joinLeaveGroup"], "webpubsub.group": ["of-token"] },
      query: { room: ["7"] },
      subprotocols: [jsonName],
      context: {
        userId: "ada",
        connectionId: connected.connectionId,
        hub: hubName.toLowerCase(),
        eventName: "connect",
      },
    });
    expect([await bench.admin.groupExists("given"), await bench.admin.groupExists("of-token")]).toEqual([true, false]);
    client.send({ type: "sendToGroup", group: "given", dataType: "text", data: "hi", ackId: 1 });
    client.send({ type: "joinGroup", group: "other", ackId: 2 });
    expect(await client.settled()).toEqual([
      expect.stringContaining('"group":"given"'),
      '{"type":"ack","ackId":1,"success":true}',
      expect.stringContaining("Forbidden"),
    ]);
  });

  test.each([
    ["no handler at all", {}],
    ["an empty success", { handleConnect: (_request, response) => response.success() }],
    ["an empty object", { handleConnect: (_request, response) => response.success({}) }],
  ] satisfies [string, WebPubSubEventHandlerOptions][])("%s leaves what the token says", async (_name, options) => {
    const bench = await benchWith(options);
    const client = await bench.sdk({ userId: "ada", groups: ["g"] });
    expect([await bench.admin.userExists("ada"), await bench.admin.groupExists("g")]).toEqual([true, true]);
    client.client.stop();
  });

  test.each([400, 401, 403, 404, 409, 429] as const)("fail(%d) is the answer to the upgrade", async (code) => {
    const bench = await benchWith({
      handleConnect: (_request, response) => response.fail(code as 400, `sorry, ${code}`),
    });
    expect(await bench.refusal(await bench.url())).toEqual({ status: code, body: `sorry, ${code}` });
  });

  test("a subprotocol of the handler's choice is negotiated", async () => {
    const bench = await benchWith({
      handleConnect: (_request, response) => response.success({ subprotocol: "chat.example.v2" }),
    });
    const client = await bench.dial(await bench.url(), ["chat.example.v1", "chat.example.v2"]);
    expect(client.ws.protocol).toBe("chat.example.v2");
  });

  test("allowedEndpoints that name the service let it in", async () => {
    const seen = deferred<string>();
    const bench = await benchWith({ onConnected: ({ context }) => seen.resolve(context.origin) }, true);
    await bench.sdk();
    expect(await seen.promise).toBe(new URL(bench.service.endpoint).host);
  });

  test("allowedEndpoints without the service keep its events away", async () => {
    const bench = await benchWith({
      allowedEndpoints: ["https://other.example"],
      handleConnect: (_request, response) => response.success(),
    });
    expect(await bench.refusal(await bench.url())).toMatchObject({ status: 500 });
    expect(await bench.logged((line) => line.type === "event-failed")).toMatchObject({
      event: "connect",
      problem: expect.stringContaining("WebHook-Allowed-Origin"),
    });
  });
});

describe("user events", () => {
  const echo: WebPubSubEventHandlerOptions = {
    handleUserEvent: ({ context, data, dataType }, response) => {
      if (context.eventName === "silent") response.success();
      else if (context.eventName === "fail") response.fail(400, "no");
      else if (dataType === "json") response.success(JSON.stringify({ got: data }), "json");
      else if (dataType === "text") response.success(`got ${data}`, "text");
      else response.success(data, "binary");
    },
  };

  test.each([
    ["text", '"hello"', '"dataType":"text","data":"got hello"'],
    ["json", '{"a":[1, 2]}', '"dataType":"json","data":{"got":{"a":[1,2]}}'],
    ["binary", '"aGVsbG8="', '"dataType":"binary","data":"aGVsbG8="'],
  ])("%s goes there and back, and the reply comes before the ack", async (dataType, data, reply) => {
    const bench = await benchWith(echo);
    const client = await bench.plain();
    client.send(`{"type":"event","event":"echo","ackId":1,"dataType":"${dataType}","data":${data}}`);
    expect([await client.next(), await client.next()]).toEqual([
      `{"type":"message","from":"server",${reply}}`,
      '{"type":"ack","ackId":1,"success":true}',
    ]);
  });

  test("no reply is just the ack; a failure is InternalServerError and the connection stays", async () => {
    const bench = await benchWith(echo);
    const client = await bench.plain();
    client.send({ type: "event", event: "silent", ackId: 1, dataType: "text", data: "x" });
    expect(await client.next()).toBe('{"type":"ack","ackId":1,"success":true}');
    client.send({ type: "event", event: "fail", ackId: 2, dataType: "text", data: "x" });
    expect(JSON.parse(await client.next())).toMatchObject({ ackId: 2, error: { name: "InternalServerError" } });
    expect(await client.settled()).toEqual([]);
  });

  test("the official client gets its reply", async () => {
    const bench = await benchWith(echo);
    const sdk = await bench.sdk();
    await sdk.client.sendEvent("echo", "hello", "text");
    await sdk.received(1);
    expect(sdk.messages).toEqual(["got hello"]);
  });
});

test("state of connect and of events comes back with every later event, to the end", async () => {
  const states: unknown[] = [];
  const gone = deferred<{ readonly reason: string | undefined; readonly states: unknown }>();
  const bench = await benchWith({
    handleConnect: (_request, response) => {
      response.setState("count", 1);
      response.success();
    },
    onConnected: ({ context }) => void states.push({ ...context.states }),
    handleUserEvent: ({ context }, response) => {
      states.push({ ...context.states });
      response.setState("count", context.states["count"] + 1);
      response.setState("ünicode", "ja");
      response.success();
    },
    onDisconnected: ({ context, reason }) => gone.resolve({ reason: reason, states: context.states }),
  });
  const sdk = await bench.sdk({ userId: "ada" });
  await sdk.client.sendEvent("count", "x", "text");
  await sdk.client.sendEvent("count", "x", "text");
  await bench.admin.closeConnection(sdk.id, { reason: "enough" });
  expect((await gone.promise).states).toEqual({ count: 3, ünicode: "ja" });
  expect((await gone.promise).reason).toContain("enough");
  expect(states).toEqual([{ count: 1 }, { count: 1 }, { count: 2, ünicode: "ja" }]);
});

test("connected and disconnected name the user and the connection, and a recovery is neither", async () => {
  const calls: string[] = [];
  const gone = deferred<void>();
  const bench = await benchWith({
    onConnected: ({ context }) => void calls.push(`connected ${context.userId} ${context.connectionId}`),
    onDisconnected: ({ context }) => {
      calls.push(`disconnected ${context.userId} ${context.connectionId}`);
      gone.resolve();
    },
  });
  const sdk = await bench.sdk({ userId: "ada" });
  const { id } = sdk;
  bench.service.cut(id);
  await bench.logged((line) => line.type === "recovered");
  await bench.admin.closeConnection(id);
  await gone.promise;
  expect(calls).toEqual([`connected ada ${id}`, `disconnected ada ${id}`]);
});
