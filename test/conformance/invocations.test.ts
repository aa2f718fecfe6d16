import { expect, test } from "vitest";
import { benchFor, deferred, fine, HandlerServer } from "./handler-server.ts";
import { Bench, hubName } from "./harness.ts";

/** A service whose handler takes user events only. */
function benchOf(handler: HandlerServer): Promise<Bench> {
  return benchFor(handler, { hubs: { [hubName]: handler.hub({ systemEvents: [] }) } });
}

test.each([
  ["text/plain", "hi", "text", "hi"],
  ["application/json", '{"a":1}', "json", { a: 1 }],
] as const)("the official client gets the answer of its event: %s", async (type, body, dataType, data) => {
  const handler = await HandlerServer.start(() => ({ headers: { "Content-Type": type }, body }));
  const bench = await benchOf(handler);
  const { client } = await bench.sdk();
  expect(await client.invokeEvent("ask", { q: 1 }, "json")).toMatchObject({ dataType, data });
  const [post] = await handler.posted(1, "ask");
  expect([post?.headers["ce-type"], post?.body.toString()]).toEqual(["azure.webpubsub.user.ask", '{"q":1}']);
});

test("an answer without a body is a success without data", async () => {
  const bench = await benchOf(await HandlerServer.start(() => fine));
  const { client } = await bench.sdk();
  const result = await client.invokeEvent("ask", "q", "text");
  expect([result.dataType, result.data]).toEqual([undefined, undefined]);
});

test("a failure and the lack of a handler are told", async () => {
  const bench = await benchOf(await HandlerServer.start(() => ({ status: 400 })));
  const options = { messageRetryOptions: { maxRetries: 0 } };
  const { client } = await bench.sdk({}, options);
  await expect(client.invokeEvent("ask", "q", "text")).rejects.toMatchObject({
    errorDetail: { name: "InternalServerError" },
  });
  const alone = await Bench.start();
  const lonely = await alone.sdk({}, options);
  await expect(lonely.client.invokeEvent("ask", "q", "text")).rejects.toMatchObject({
    errorDetail: { name: "InternalServerError" },
  });
});

test("an invocation that is cancelled gets no answer", async () => {
  const gate = deferred();
  const bench = await benchOf(
    await HandlerServer.start(async () => {
      await gate.promise;
      return fine;
    }),
  );
  const client = await bench.plain();
  client.send({ type: "invoke", invocationId: "1", target: "event", event: "ask" });
  client.send({ type: "cancelInvocation", invocationId: "1" });
  client.send({ type: "invoke", invocationId: "2", target: "event", event: "ask", dataType: "text", data: "q" });
  expect(await client.settled()).toEqual([]);
  gate.resolve();
  expect(await client.next()).toBe('{"type":"invokeResponse","invocationId":"2","success":true}');
});

test("an invocation that a cut interrupts fails in the client at once; after the recovery they work again", async () => {
  const gate = deferred();
  let asked = 0;
  const handler = await HandlerServer.start(async () => {
    asked += 1;
    if (asked === 1) await gate.promise;
    return { headers: { "Content-Type": "text/plain" }, body: `answer ${asked}` };
  });
  const bench = await benchOf(handler);
  const sdk = await bench.sdk({}, { reconnectRetryOptions: { retryDelayInMs: 10 } });
  const interrupted = sdk.client.invokeEvent("ask", "q", "text").then(
    () => "answered",
    () => "failed",
  );
  await handler.posted(1);
  bench.service.cut(sdk.id);
  expect(await interrupted).toBe("failed");
  gate.resolve();
  // The client refuses by itself until it is back; it tells nobody when that is.
  const answers = async (): Promise<unknown> =>
    sdk.client.invokeEvent("ask", "q", "text").then(
      ({ data }) => data,
      () => new Promise((resolve) => setTimeout(resolve, 10)).then(answers),
    );
  expect(await answers()).toMatch(/^answer [2-9]/);
  expect(sdk.ids).toHaveLength(1);
});
