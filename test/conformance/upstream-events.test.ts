import { describe, expect, test } from "vitest";
import { benchFor, deferred, fine, HandlerServer, quick } from "./handler-server.ts";
import { Bench, hubName } from "./harness.ts";

describe("user events", () => {
  test("of one connection arrive one after the other, of two side by side", async () => {
    let running = 0;
    const runningMax: number[] = [];
    const order: string[] = [];
    const server = await HandlerServer.start(async ({ headers, body }) => {
      if (headers["ce-eventname"] !== "step") return fine;
      runningMax.push(++running);
      order.push(body.toString());
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return fine;
    });
    const bench = await benchFor(server);
    const client = await bench.plain();
    const texts = Array.from({ length: 50 }, (_, i) => String(i));
    for (const text of texts) client.send({ type: "event", event: "step", dataType: "text", data: text });
    await server.posted(50, "step");
    expect(order).toEqual(texts);
    expect(Math.max(...runningMax)).toBe(1);
    const ids = (await server.posted(50, "step")).map(({ headers }) => Number(headers["ce-id"]));
    expect(ids).toEqual(ids.map((_, i) => i + 2));
    const both = deferred();
    const meeting = await HandlerServer.start(async ({ headers }) => {
      if (headers["ce-eventname"] !== "meet") return fine;
      if (++running === 2) both.resolve();
      await both.promise;
      return fine;
    });
    const other = await benchFor(meeting);
    for (const one of [await other.plain(), await other.plain()]) {
      one.send({ type: "event", event: "meet", dataType: "text", data: "" });
    }
    await both.promise;
  });

  test("an id that is running does not run twice: the repetition gets Duplicate", async () => {
    const go = deferred();
    const server = await HandlerServer.start(async ({ headers }) => {
      if (headers["ce-eventname"] === "slow") await go.promise;
      return fine;
    });
    const bench = await benchFor(server);
    const client = await bench.plain();
    const event = { type: "event", event: "slow", ackId: 7, dataType: "text", data: "" };
    client.send(event);
    client.send(event);
    await server.posted(1, "slow");
    go.resolve();
    expect(await client.next()).toBe('{"type":"ack","ackId":7,"success":true}');
    expect(await client.next()).toContain("Duplicate");
    client.send(event);
    expect(await client.next()).toContain("Duplicate");
    expect(server.posts.filter(({ headers }) => headers["ce-eventname"] === "slow")).toHaveLength(1);
  });

  test("too many waiting events fail at once", async () => {
    const go = deferred();
    const server = await HandlerServer.start(async ({ headers }) => {
      if (headers["ce-eventname"] === "slow") await go.promise;
      return fine;
    });
    const bench = await benchFor(server, { upstreamLimits: { ...quick, waitingEventsMax: 2 } });
    const client = await bench.plain();
    await server.posted(1, "connected");
    const send = (ackId: number) => client.send({ type: "event", event: "slow", ackId, dataType: "text", data: "" });
    send(1);
    await server.posted(1, "slow");
    for (const ackId of [2, 3, 4]) send(ackId);
    expect(JSON.parse(await client.next())).toMatchObject({ ackId: 4, error: { name: "InternalServerError" } });
    go.resolve();
    expect(
      [await client.next(), await client.next(), await client.next()].map((text) => JSON.parse(text).success),
    ).toEqual([true, true, true]);
  });

  test.each([
    ["an image", { body: "x", headers: { "content-type": "image/png" } }],
    ["text that is not UTF-8", { body: Buffer.from([0xff]), headers: { "content-type": "text/plain" } }],
    ["broken JSON", { body: "{", headers: { "content-type": "application/json" } }],
    ["a 4xx", { status: 429 }],
    ["too long an answer", { body: "x".repeat(2_000), headers: { "content-type": "text/plain" } }],
  ])("%s fails, without another try", async (_name, answer) => {
    const server = await HandlerServer.start(({ headers }) => (headers["ce-eventname"] === "e" ? answer : fine));
    const bench = await benchFor(server, { upstreamLimits: { ...quick, answerBytesMax: 1_000 } });
    const client = await bench.plain();
    client.send({ type: "event", event: "e", ackId: 1, dataType: "text", data: "" });
    expect(await client.next()).toContain("InternalServerError");
    expect(await server.posted(1, "e")).toHaveLength(1);
    expect(await bench.logged((line) => line.type === "event-failed")).toMatchObject({ hub: "collab", event: "e" });
  });

  test("without a content type the reply is binary; metadata alone is an empty text", async () => {
    const server = await HandlerServer.start(({ headers }) => {
      if (headers["ce-eventname"] === "bytes") return { body: Buffer.from([1, 2, 3]) };
      if (headers["ce-eventname"] === "meta") return { headers: { "X-WebPubSub-Metadata-Kind": "a b" } };
      return fine;
    });
    const bench = await benchFor(server);
    const client = await bench.plain();
    client.send({ type: "event", event: "bytes", dataType: "text", data: "" });
    expect(await client.next()).toBe('{"type":"message","from":"server","dataType":"binary","data":"AQID"}');
    client.send({ type: "event", event: "meta", dataType: "text", data: "", metadata: { Sent: "yes" } });
    expect(JSON.parse(await client.next())).toMatchObject({ dataType: "text", data: "", metadata: { kind: "a b" } });
    const [meta] = await server.posted(1, "meta");
    expect(meta?.headers["x-webpubsub-metadata-sent"]).toBe("yes");
  });

  test.each([
    ["text/plain", "hi", "hi"],
    ["application/json", '{ "a": 1 }', '{ "a": 1 }'],
    ["application/octet-stream", "hi", "binary 6869"],
  ])("a plain client gets a reply of type %s as a bare frame", async (type, body, frame) => {
    const server = await HandlerServer.start(({ headers }) =>
      headers["ce-eventname"] === "message" ? { body, headers: { "content-type": type } } : fine,
    );
    const bench = await benchFor(server);
    const client = await bench.dial(await bench.url({ userId: "ada" }), []);
    client.send("hello");
    expect(await client.next()).toBe(frame);
    const [message] = await server.posted(1, "message");
    expect(message).toMatchObject({
      headers: { "content-type": "text/plain; charset=utf-8", "ce-type": "azure.webpubsub.user.message" },
      body: Buffer.from("hello"),
    });
    expect(message?.headers).not.toHaveProperty("ce-subprotocol");
    client.ws.send(Buffer.from([7]));
    const [, bytes] = await server.posted(2, "message");
    expect(bytes).toMatchObject({ headers: { "content-type": "application/octet-stream" }, body: Buffer.from([7]) });
  });

  test("a plain client without its event handler is dropped", async () => {
    const server = await HandlerServer.start(({ headers }) =>
      headers["ce-eventname"] === "message" ? { status: 400 } : fine,
    );
    const bench = await benchFor(server);
    const client = await bench.dial(await bench.url(), []);
    client.send("hello");
    expect((await client.closed).code).toBe(1011);
  });
});

describe("failures", () => {
  test.each([408, 500, 503])("%d is tried four times in all, as one request", async (status) => {
    const server = await HandlerServer.start(({ headers }) => (headers["ce-eventname"] === "e" ? { status } : fine));
    const bench = await benchFor(server);
    const client = await bench.plain();
    client.send({ type: "event", event: "e", ackId: 1, dataType: "text", data: "" });
    expect(await client.next()).toContain("InternalServerError");
    const tries = await server.posted(4, "e");
    expect(tries).toHaveLength(4);
    const same = (name: string) => new Set(tries.map(({ headers }) => headers[name])).size;
    expect([same("x-ms-client-request-id"), same("ce-id")]).toEqual([1, 1]);
  });

  test("a later try may succeed, and the next event waits for it", async () => {
    const order: string[] = [];
    const server = await HandlerServer.start(({ headers, body }, response) => {
      if (headers["ce-eventname"] !== "e") return fine;
      order.push(body.toString());
      if (order.length < 3) {
        response.destroy();
        return undefined;
      }
      return fine;
    });
    const bench = await benchFor(server);
    const client = await bench.plain();
    client.send({ type: "event", event: "e", ackId: 1, dataType: "text", data: "first" });
    client.send({ type: "event", event: "e", ackId: 2, dataType: "text", data: "second" });
    expect([await client.next(), await client.next()]).toEqual([
      '{"type":"ack","ackId":1,"success":true}',
      '{"type":"ack","ackId":2,"success":true}',
    ]);
    expect(order.at(-1)).toBe("second");
    expect(order.slice(0, -1).every((text) => text === "first")).toBe(true);
  });

  test("no answer in time is a failure", async () => {
    const server = await HandlerServer.start(({ headers }) => (headers["ce-eventname"] === "e" ? undefined : fine));
    const bench = await benchFor(server, { upstreamLimits: { callMs: 30, retryDelaysMs: [1] } });
    const client = await bench.plain();
    client.send({ type: "event", event: "e", ackId: 1, dataType: "text", data: "" });
    expect(await client.next()).toContain("InternalServerError");
    expect(await server.posted(2, "e")).toHaveLength(2);
  });

  test("a handler that is not there refuses connects with 500 and fails events", async () => {
    const nowhere = "http://127.0.0.1:9";
    const bench = await Bench.start({
      hubs: {
        [hubName]: { eventHandlers: [{ urlTemplate: nowhere, systemEvents: ["connect"] }] },
        open: { eventHandlers: [{ urlTemplate: nowhere, userEventPattern: "*" }] },
      },
      upstreamLimits: quick,
    });
    expect((await bench.refusal(await bench.url())).status).toBe(500);
  });

  test("a connected event that fails is of no matter to the client", async () => {
    const server = await HandlerServer.start(({ headers }) =>
      headers["ce-eventname"] === "connected" ? { status: 400 } : fine,
    );
    const bench = await benchFor(server);
    const client = await bench.plain();
    await bench.logged((line) => line.type === "event-failed" && line.event === "connected");
    expect(await client.settled()).toEqual([]);
  });
});
