import { once } from "node:events";
import { createServer } from "node:http";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import { attachService, type ServiceOptions } from "webpubsub-local";
import { WebSocket, WebSocketServer } from "ws";
import { deferred, listening } from "./handler-server.ts";

async function attached(server: Parameters<typeof attachService>[0], options: ServiceOptions = {}) {
  const service = await attachService(server, options);
  onTestFinished(() => service.close());
  const admin = new WebPubSubServiceClient(service.connectionString, "chat", { allowInsecureConnection: true });
  return { service, admin };
}

async function open(url: string, protocol?: string): Promise<WebSocket> {
  const ws = new WebSocket(url, protocol);
  onTestFinished(() => ws.terminate());
  await once(ws, "open");
  return ws;
}

test("one server is application, event handler and service at once", async () => {
  const app = express();
  const { server, url } = await listening(app);
  const said = deferred<unknown>();
  const handler = new WebPubSubEventHandler("chat", {
    handleUserEvent: ({ data }, response) => {
      said.resolve(data);
      response.success();
    },
  });
  app.use(handler.getMiddleware());
  app.get("/hello", (_request, response) => void response.send("mine"));
  const eventHandlers = [{ urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`, userEventPattern: "*" }];
  const { service, admin } = await attached(server, { hubs: { chat: { eventHandlers } } });
  expect(service.endpoint).toBe(url);
  const ws = await open((await admin.getClientAccessToken({ userId: "ada" })).url);
  expect(await admin.userExists("ada")).toBe(true);
  ws.send("over a socket");
  expect(await said.promise).toBe("over a socket");
  expect(await (await fetch(`${url}/hello`)).text()).toBe("mine");
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
});

test("the live page and the metrics are below a path of their own; nothing else is", async () => {
  const { server, url } = await listening((_request, response) => response.end("mine"));
  await attached(server);
  const got = async (path: string) => {
    const response = await fetch(`${url}${path}`, { redirect: "manual" });
    return { status: response.status, location: response.headers.get("location"), body: await response.text() };
  };
  expect(await got("/webpubsub-local")).toMatchObject({ status: 308, location: "/webpubsub-local/" });
  expect((await got("/webpubsub-local/")).body).toContain('src="page.js"');
  expect((await got("/webpubsub-local/page.js")).status).toBe(200);
  expect((await got("/webpubsub-local/metrics")).body).toContain("# TYPE");
  for (const path of [
    "/webpubsub-local/api/health",
    "/webpubsub-local/api/hubs/chat/:send",
    "/webpubsub-local/other",
  ]) {
    expect([path, (await got(path)).status]).toEqual([path, 404]);
  }
  expect((await got("/webpubsub-locally")).body).toBe("mine");
  expect((await got("/metrics")).body).toBe("mine");
});

test("other WebSockets of the server stay with their own listener, and all comes back after close", async () => {
  const { server, url } = await listening((_request, response) => response.end("mine"));
  const sockets = new WebSocketServer({ server, path: "/live" });
  onTestFinished(() => sockets.close());
  const { service, admin } = await attached(server);
  const own = await open(`${url.replace("http", "ws")}/live`);
  const client = await open((await admin.getClientAccessToken()).url, "json.webpubsub.azure.v1");
  const closed = once(client, "close");
  await service.close();
  expect((await closed)[0]).toBe(1000);
  expect(own.readyState).toBe(WebSocket.OPEN);
  expect(await (await fetch(`${url}/api/health`)).text()).toBe("mine");
  await open(`${url.replace("http", "ws")}/live`);
});

test("paths of nobody are 404, requests and upgrades alike", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { service } = await attached(server);
  expect((await fetch(`${service.endpoint}/nothing`)).status).toBe(404);
  const ws = new WebSocket(`${service.endpoint.replace("http", "ws")}/nothing`);
  ws.on("error", () => undefined);
  const [, response] = await once(ws, "unexpected-response");
  expect(response.statusCode).toBe(404);
  ws.terminate();
});

test("a server that does not listen yet, and one that others can reach with the key everybody knows", async () => {
  await expect(attachService(createServer())).rejects.toThrow(/'listening'/);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  onTestFinished(() => void server.close());
  await expect(attachService(server, { useDevelopmentKey: true })).rejects.toThrow(/development key/);
  expect(server.listenerCount("upgrade")).toBe(0);
});
