import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type SendMessageError, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "y-webpubsub/protobuf";
import { Bench, hubName, type SdkClient } from "./harness.ts";

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
/** A serialised google.protobuf.Any: type_url "t", value 1 2 3. */
const any = Uint8Array.of(0x0a, 1, 0x74, 0x12, 3, 1, 2, 3).buffer;

/** The official client with the plug-in of this project; a frame that the plug-in had to ignore fails the test. */
function speaking(protocol: typeof WebPubSubProtobufProtocol) {
  const ignored: string[] = [];
  onTestFinished(() => expect(ignored).toEqual([]));
  return {
    protocol: protocol({ onIgnored: (problem) => ignored.push(problem) }),
    messageRetryOptions: { maxRetries: 0 },
  };
}

function refusal(sent: Promise<unknown>): Promise<SendMessageError> {
  return sent.then(
    () => Promise.reject(new Error("It was not refused.")),
    (error: SendMessageError) => error,
  );
}

/** The payloads a client got, with buffers as numbers. */
function heard(client: SdkClient): unknown[] {
  return client.messages.map((data) => (data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data));
}

/** An event handler of an application: answers every event with what it was sent. */
async function echoHandler(): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader("WebHook-Allowed-Origin", "*");
    if (request.method === "OPTIONS") {
      response.end();
      return;
    }
    response.setHeader("Content-Type", request.headers["content-type"] ?? "text/plain");
    request.pipe(response);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/{event}`;
}

describe.each([
  ["protobuf", WebPubSubProtobufProtocol],
  ["protobuf, reliable", WebPubSubProtobufReliableProtocol],
])("the official client over %s", (_name, protocol) => {
  test("connects with its id; join, publish each data type, leave, each acknowledged", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ userId: "ada", roles: all }, speaking(protocol));
    const bob = await bench.sdk({ roles: all }, speaking(protocol));
    expect(await bench.admin.connectionExists(ada.id)).toBe(true);
    expect(await bench.admin.userExists("ada")).toBe(true);
    expect(await bob.client.joinGroup("g")).toMatchObject({ isDuplicated: false });
    await ada.client.sendToGroup("g", "text ünï", "text");
    await ada.client.sendToGroup("g", "", "text");
    await ada.client.sendToGroup("g", { nested: [1, null, "x"] }, "json");
    await ada.client.sendToGroup("g", new Uint8Array([0, 1, 255]).buffer, "binary");
    await ada.client.sendToGroup("g", any, "protobuf");
    await bob.received(5);
    const expected = ["text ünï", "", { nested: [1, null, "x"] }, [0, 1, 255], [...new Uint8Array(any)]];
    expect(heard(bob)).toEqual(expected);
    await bob.client.leaveGroup("g");
    await ada.client.sendToGroup("g", "unheard", "text");
    await bench.admin.sendToConnection(bob.id, "heard", { contentType: "text/plain" });
    await bob.received(6);
    expect(bob.messages[5]).toBe("heard");
  });

  test("noEcho keeps a message from its sender; without an ack it arrives all the same", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all, groups: ["g"] }, speaking(protocol));
    await ada.client.sendToGroup("g", "silent", "text", { noEcho: true });
    await ada.client.sendToGroup("g", "echo", "text", { fireAndForget: true });
    await ada.received(1);
    expect(ada.messages).toEqual(["echo"]);
  });

  test("a refusal and a duplicate come with their names", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: ["webpubsub.sendToGroup.g"], groups: ["g"] }, speaking(protocol));
    const refused = await refusal(ada.client.sendToGroup("other", "x", "text"));
    expect(refused).toMatchObject({ errorDetail: { name: "Forbidden", message: expect.stringContaining("other") } });
    expect(await refusal(ada.client.joinGroup("g"))).toMatchObject({ errorDetail: { name: "Forbidden" } });
    expect(await ada.client.sendToGroup("g", "once", "text", { ackId: 4711 })).toMatchObject({ isDuplicated: false });
    expect(await ada.client.sendToGroup("g", "once", "text", { ackId: 4711 })).toMatchObject({ isDuplicated: true });
    await ada.client.sendToGroup("g", "end", "text");
    await ada.received(2);
    expect(ada.messages).toEqual(["once", "end"]);
  });

  test("an event reaches its handler and the answer comes back; without a handler it is refused", async () => {
    const handler = { urlTemplate: await echoHandler(), userEventPattern: "echo" };
    const bench = await Bench.start({ hubs: { [hubName]: { eventHandlers: [handler] } } });
    const ada = await bench.sdk({}, speaking(protocol));
    await ada.client.sendEvent("echo", "hello", "text");
    await ada.client.sendEvent("echo", { a: [1] }, "json");
    await ada.client.sendEvent("echo", new Uint8Array([7, 0]).buffer, "binary");
    await ada.received(3);
    expect(heard(ada)).toEqual(["hello", { a: [1] }, [7, 0]]);
    const failed = await refusal(ada.client.sendEvent("nobody", "x", "text"));
    expect(failed).toMatchObject({ errorDetail: { name: "InternalServerError" } });
  });

  test("what has no protobuf form fails at the sender, who stays connected", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all, groups: ["g"] }, speaking(protocol));
    await expect(ada.client.sendToGroup("g", Uint8Array.of(9).buffer, "protobuf")).rejects.toThrow(/Any/);
    await ada.client.sendToGroup("g", "still here", "text");
    await ada.received(1);
    expect([ada.messages, ada.disconnects]).toEqual([["still here"], 0]);
  });

  test("shares a group with JSON clients, both ways, and hears the server", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all, groups: ["g"] }, speaking(protocol));
    const json = { protocol: WebPubSubJsonReliableProtocol() };
    const bob = await bench.sdk({ userId: "bob", roles: all, groups: ["g"] }, json);
    for (const client of [ada.client, bob.client]) {
      await client.sendToGroup("g", "text ünï", "text");
      await client.sendToGroup("g", { x: { y: 1.5 } }, "json");
      await client.sendToGroup("g", new Uint8Array([255, 0]).buffer, "binary");
    }
    await bench.admin.group("g").sendToAll({ from: "server" });
    const once = ["text ünï", { x: { y: 1.5 } }, [255, 0]];
    for (const client of [ada, bob]) {
      await client.received(7);
      expect(heard(client)).toEqual([...once, ...once, { from: "server" }]);
    }
    await ada.client.sendToGroup("g", any, "protobuf");
    await bob.received(8);
    expect(heard(bob)[7]).toEqual([...new Uint8Array(any)]);
  });

  test("payloads around the varint and frame bounds come back byte for byte", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all, groups: ["g"] }, speaking(protocol));
    const lengths = [0, 1, 127, 128, 16_383, 16_384, 1_000_000];
    for (const length of lengths) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 167 + 141) % 256);
      await ada.client.sendToGroup("g", bytes.buffer, "binary");
      await ada.received(lengths.indexOf(length) + 1);
      expect(Buffer.compare(Buffer.from(ada.messages.at(-1) as ArrayBuffer), bytes)).toBe(0);
    }
  });
});

describe("the official client over protobuf, reliable, recovers", () => {
  test("after cuts: the same connection, nothing lost, nothing twice, in order", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all }, speaking(WebPubSubProtobufReliableProtocol));
    const bob = await bench.sdk({ groups: ["g"] }, speaking(WebPubSubProtobufReliableProtocol));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10; i++) await ada.client.sendToGroup("g", round * 20 + i, "json");
      expect(bench.service.cut(bob.id)).toBe(true);
      for (let i = 10; i < 20; i++) await ada.client.sendToGroup("g", round * 20 + i, "json");
      await bob.received((round + 1) * 20);
    }
    expect(bob.messages).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect([bob.ids.length, bob.disconnects]).toEqual([1, 0]);
    expect(bench.log.filter((line) => line.type === "recovered").length).toBeGreaterThanOrEqual(3);
  });

  test("and acknowledges what it received", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ groups: ["g"] }, speaking(WebPubSubProtobufReliableProtocol));
    for (let i = 0; i < 5; i++) await bench.admin.group("g").sendToAll({ i });
    const connection = bench.service.hub(hubName).connections.get(ada.id);
    expect(connection?.session?.unacked).toBeGreaterThan(0);
    await expect.poll(() => connection?.session?.unacked, { timeout: 5_000 }).toBe(0);
  });

  test("a refused recovery leads to a new connection that joins its groups again", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all }, speaking(WebPubSubProtobufReliableProtocol));
    await ada.client.joinGroup("g");
    const old = ada.id;
    bench.service.cut(old);
    bench.service.hub(hubName).server.closeConnection(old, "gone");
    await ada.connected(2);
    expect(ada.id).not.toBe(old);
    await bench.admin.group("g").sendToAll("again", { contentType: "text/plain" });
    await ada.received(1);
    expect(ada.messages).toEqual(["again"]);
  });
});
