import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { describe, expect, onTestFinished, test } from "vitest";
import { attachService } from "webpubsub-local";
import { WebSocket } from "ws";
import { benchFor, fine, HandlerServer, listening, type Received } from "./handler-server.ts";
import { hubName, jsonName } from "./harness.ts";

describe("answers to connect", () => {
  test.each([
    ["no JSON", { body: "{" }],
    ["no object", { body: "[1]" }],
    ["a userId that is a number", { body: '{"userId":1}' }],
    ["groups that are no list", { body: '{"groups":"g"}' }],
    ["a blank group", { body: '{"groups":[" "]}' }],
    ["roles of numbers", { body: '{"roles":[1]}' }],
    ["a subprotocol nobody offered", { body: '{"subprotocol":"other"}' }],
    ["a redirect", { status: 302, headers: { location: "/elsewhere" } }],
    ["a server error", { status: 500 }],
  ])("%s is 500, and says nothing of the handler", async (_name, answer) => {
    const server = await HandlerServer.start(() => answer);
    const bench = await benchFor(server);
    const { status, body } = await bench.refusal(await bench.url());
    expect(status).toBe(500);
    expect(body).toContain("event handler");
    expect(body).not.toContain(server.url);
  });

  test.each([
    ["null", { body: "null" }],
    ["nulls", { body: '{"userId":null,"groups":null,"roles":null,"subprotocol":null}' }],
    ["empty groups", { body: '{"groups":[]}' }],
  ])("%s leaves what the token says", async (_name, answer) => {
    const bench = await benchFor(await HandlerServer.start(() => answer));
    const client = await bench.plain({ userId: "ada", groups: ["g"], roles: ["webpubsub.joinLeaveGroup"] });
    client.send({ type: "joinGroup", group: "other", ackId: 1 });
    expect(await client.next()).toContain('"success":true');
    expect([await bench.admin.userExists("ada"), await bench.admin.groupExists("g")]).toEqual([true, true]);
  });

  test("an empty userId makes anonymous, empty roles take all away", async () => {
    const bench = await benchFor(await HandlerServer.start(() => ({ body: '{"userId":"","roles":[]}' })));
    const client = await bench.plain({ userId: "ada", roles: ["webpubsub.joinLeaveGroup"] });
    expect(client.connected).not.toHaveProperty("userId");
    client.send({ type: "joinGroup", group: "g", ackId: 1 });
    expect(await client.next()).toContain("Forbidden");
  });

  test("a client without a token is let in where the hub says so, and its handler decides", async () => {
    const server = await HandlerServer.start(() => ({ body: '{"userId":"guest","groups":["lobby"]}' }));
    const hubs = { [hubName]: server.hub({}, { anonymousConnectPolicy: "allow" }) } as const;
    const bench = await benchFor(server, { hubs });
    const url = `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}`;
    const client = await bench.dial(url, jsonName);
    expect(JSON.parse(await client.next())).toMatchObject({ userId: "guest" });
    expect(await bench.admin.groupExists("lobby")).toBe(true);
    expect((await bench.refusal(url.replace(hubName, "closed"))).status).toBe(401);
  });

  test("whoever leaves while the handler thinks is disconnected as far as the handler knows", async () => {
    const held: (() => void)[] = [];
    const server = await HandlerServer.start(async ({ headers }) => {
      if (headers["ce-eventname"] === "connect") await new Promise<void>((resolve) => held.push(resolve));
      return fine;
    });
    const { server: own } = await listening((_request, response) => response.end());
    const left = new Promise((resolve) => own.on("connection", (socket) => socket.on("end", resolve)));
    const service = await attachService(own, { hubs: { [hubName]: server.hub() } });
    onTestFinished(() => service.close());
    const admin = new WebPubSubServiceClient(service.connectionString, hubName);
    const ws = new WebSocket((await admin.getClientAccessToken()).url, jsonName);
    ws.on("error", () => undefined);
    await server.posted(1, "connect");
    ws.terminate();
    await left;
    held[0]?.();
    const [gone] = await server.posted(1, "disconnected");
    expect(gone?.headers["ce-id"]).toBe("1");
    expect(server.posts.map(({ headers }) => headers["ce-eventname"])).toEqual(["connect", "disconnected"]);
  });
});

describe("disconnected", () => {
  test("comes when the time to recover is over, not before", async () => {
    const server = await HandlerServer.start(() => fine);
    const bench = await benchFor(server, { limits: { recoveryMs: 50 } });
    const client = await bench.plain({}, "json.reliable.webpubsub.azure.v1");
    bench.service.cut(client.id);
    const [gone] = await server.posted(1, "disconnected");
    expect(JSON.parse(gone?.body.toString() ?? "")).toEqual({ reason: "The connection recovery timeout expired." });
  });

  test("comes after the events that were sent before", async () => {
    const server = await HandlerServer.start(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return fine;
    });
    const bench = await benchFor(server);
    const client = await bench.plain();
    for (let i = 0; i < 20; i++) client.send({ type: "event", event: "e", dataType: "text", data: "" });
    client.ws.close(1000);
    await server.posted(1, "disconnected");
    const names = server.posts.map(({ headers }: Received) => headers["ce-eventname"]);
    expect(names).toEqual(["connect", "connected", ...Array.from({ length: 20 }, () => "e"), "disconnected"]);
  });

  test("is told to the handlers before the service is closed", async () => {
    const server = await HandlerServer.start(() => fine);
    const bench = await benchFor(server);
    await bench.plain();
    await bench.service.close();
    expect(server.posts.map(({ headers }) => headers["ce-eventname"])).toContain("disconnected");
  });

  test("a handler that never answers does not keep the service from closing", async () => {
    const server = await HandlerServer.start(({ headers }) => (headers["ce-eventname"] === "e" ? undefined : fine));
    const bench = await benchFor(server, { upstreamLimits: {} });
    const client = await bench.plain();
    for (let i = 0; i < 3; i++) client.send({ type: "event", event: "e", dataType: "text", data: "" });
    await server.posted(1, "e");
    await bench.service.close();
    expect((await client.closed).code).toBe(1000);
  });
});
