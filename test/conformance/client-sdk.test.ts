import { type SendMessageError, WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { describe, expect, test } from "vitest";
import { Bench } from "./harness.ts";

const noRetry = { messageRetryOptions: { maxRetries: 0 } };
const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

describe.each([
  ["json.reliable", {}],
  ["json", { protocol: WebPubSubJsonProtocol() }],
])("@azure/web-pubsub-client over %s", (_name, protocol) => {
  test("connects with the id and the user of its token", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ userId: "ada" }, protocol);
    expect(await bench.admin.connectionExists(ada.id)).toBe(true);
    expect(await bench.admin.userExists("ada")).toBe(true);
  });

  test("join, publish each data type, leave", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ userId: "ada", roles: all }, protocol);
    const bob = await bench.sdk({ roles: all }, protocol);
    expect(await bob.client.joinGroup("g")).toMatchObject({ isDuplicated: false });
    await ada.client.sendToGroup("g", "text ünï", "text");
    await ada.client.sendToGroup("g", { nested: [1, null, "x"] }, "json");
    await ada.client.sendToGroup("g", new Uint8Array([0, 1, 255]).buffer, "binary");
    await bob.received(3);
    expect(bob.messages.slice(0, 2)).toEqual(["text ünï", { nested: [1, null, "x"] }]);
    expect([...new Uint8Array(bob.messages[2] as ArrayBuffer)]).toEqual([0, 1, 255]);
    await bob.client.leaveGroup("g");
    await ada.client.sendToGroup("g", "unheard", "text");
    await bench.admin.sendToConnection(bob.id, "heard", { contentType: "text/plain" });
    await bob.received(4);
    expect(bob.messages[3]).toBe("heard");
  });

  test("noEcho keeps a message from its sender; a group in the token needs no role", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: ["webpubsub.sendToGroup.g"], groups: ["g"] }, protocol);
    await ada.client.sendToGroup("g", "silent", "text", { noEcho: true });
    await ada.client.sendToGroup("g", "echo", "text");
    await ada.received(1);
    expect(ada.messages).toEqual(["echo"]);
  });

  test("a role for group g does not reach g.f; the ack says Forbidden", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: ["webpubsub.sendToGroup.g"] }, { ...protocol, ...noRetry });
    const refused = await ada.client.sendToGroup("g.f", "x", "text").catch((error: SendMessageError) => error);
    expect(refused).toMatchObject({ errorDetail: { name: "Forbidden" } });
    const unjoined = await ada.client.joinGroup("g").catch((error: SendMessageError) => error);
    expect(unjoined).toMatchObject({ errorDetail: { name: "Forbidden" } });
  });

  test("the same ackId twice is performed once and reported as a duplicate", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all, groups: ["g"] }, protocol);
    expect(await ada.client.sendToGroup("g", "once", "text", { ackId: 4711 })).toMatchObject({ isDuplicated: false });
    expect(await ada.client.sendToGroup("g", "once", "text", { ackId: 4711 })).toMatchObject({ isDuplicated: true });
    await ada.client.sendToGroup("g", "end", "text");
    await ada.received(2);
    expect(ada.messages).toEqual(["once", "end"]);
  });

  test("an event without a handler is answered with InternalServerError and the connection stays", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({}, { ...protocol, ...noRetry });
    const failed = await ada.client.sendEvent("hello", "x", "text").catch((error: SendMessageError) => error);
    expect(failed).toMatchObject({ errorDetail: { name: "InternalServerError" } });
    await bench.admin.sendToAll("still here", { contentType: "text/plain" });
    await ada.received(1);
  });

  test("501 messages of 3 senders arrive complete and in each sender's order", async () => {
    const bench = await Bench.start();
    const bob = await bench.sdk({ groups: ["g"] }, protocol);
    const senders = await Promise.all([0, 1, 2].map(() => bench.sdk({ roles: all }, protocol)));
    await Promise.all(
      senders.flatMap(({ client }, sender) =>
        Array.from({ length: 167 }, (_, i) => client.sendToGroup("g", { sender, i }, "json")),
      ),
    );
    await bob.received(501);
    for (const sender of [0, 1, 2]) {
      const own = (bob.messages as { sender: number; i: number }[]).filter((message) => message.sender === sender);
      expect(own.map(({ i }) => i)).toEqual(Array.from({ length: 167 }, (_, i) => i));
    }
  });
});

test("start rejects when the token is refused", async () => {
  const bench = await Bench.start();
  const client = new WebPubSubClient(`${await bench.url()}x`);
  await expect(client.start()).rejects.toThrow();
});

test("an invocation that nobody takes and a stream without a permission are refused politely", async () => {
  const bench = await Bench.start();
  const ada = await bench.sdk({ roles: ["webpubsub.joinLeaveGroup"] });
  const invoked = await ada.client.invokeEvent("e", "x", "text").catch((error: Error) => error);
  expect(invoked).toMatchObject({ errorDetail: { name: "InternalServerError" } });
  const stream = await ada.client.openGroupStream("g").catch((error: Error) => error);
  expect(stream).toMatchObject({ name: "Forbidden" });
  expect(await ada.client.joinGroup("g")).toMatchObject({ isDuplicated: false });
  expect(ada.ids).toHaveLength(1);
});
