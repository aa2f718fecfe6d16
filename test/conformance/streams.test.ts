import type { GroupStream, WebPubSubClient } from "@azure/web-pubsub-client";
import { expect, test } from "vitest";
import { WebPubSubProtobufReliableProtocol } from "y-webpubsub/protobuf";
import { Bench, reliableName } from "./harness.ts";

const roles = ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"];
const identity = { roles, groups: ["room"], userId: "ada" };

interface Heard {
  readonly data: unknown[];
  readonly numbers: number[];
  readonly error: unknown;
}

/** Resolves with a whole stream, once it has ended. */
function wholeStream(client: WebPubSubClient): Promise<Heard> {
  return new Promise((resolve) => {
    client.onGroupStream(async (stream: GroupStream) => {
      const data: unknown[] = [];
      const numbers: number[] = [];
      try {
        for await (const message of stream) {
          data.push(message.data);
          numbers.push(message.stream.streamSequenceId);
        }
        resolve({ data, numbers, error: undefined });
      } catch (error) {
        resolve({ data, numbers, error });
      }
    });
  });
}

test("the official client writes a stream and another one reads it", async () => {
  const bench = await Bench.start();
  const [sender, receiver] = [await bench.sdk(identity), await bench.sdk(identity)];
  const heard = wholeStream(receiver.client);
  const stream = await sender.client.openGroupStream("room");
  await stream.write("one", "text");
  await stream.write({ two: 2 }, "json");
  await stream.write(new Uint8Array([3]).buffer, "binary");
  await stream.end();
  expect(await heard).toEqual({
    data: ["one", { two: 2 }, new Uint8Array([3]).buffer],
    numbers: [1, 2, 3],
    error: undefined,
  });
});

test("a stream goes on over cuts of its sender and its receiver, each part once", async () => {
  const bench = await Bench.start();
  const options = { reconnectRetryOptions: { retryDelayInMs: 10 } };
  const [sender, receiver] = [await bench.sdk(identity, options), await bench.sdk(identity, options)];
  const heard = wholeStream(receiver.client);
  const stream = await sender.client.openGroupStream("room");
  for (let at = 0; at < 30; at++) {
    if (at === 10) bench.service.cut(sender.id);
    if (at === 20) bench.service.cut(receiver.id);
    await stream.write(`part ${at}`, "text");
  }
  await stream.end();
  expect((await heard).data).toEqual(Array.from({ length: 30 }, (_, at) => `part ${at}`));
  expect([sender.ids.length, receiver.ids.length]).toEqual([1, 1]);
});

test("a sender that gives up tells why", async () => {
  const bench = await Bench.start();
  const [sender, receiver] = [await bench.sdk(identity), await bench.sdk(identity)];
  const heard = wholeStream(receiver.client);
  const stream = await sender.client.openGroupStream("room");
  await stream.write("half", "text");
  await stream.abort({ message: "no more", userErrorCode: "E42" });
  expect(await heard).toMatchObject({
    data: ["half"],
    error: { name: "UserError", message: "no more", userErrorCode: "E42" },
  });
});

test("a stream without a permission is refused", async () => {
  const bench = await Bench.start();
  const client = await bench.plain({ groups: ["room"] });
  client.send({ type: "sendToGroup", group: "room", stream: { streamId: "s" } });
  expect(JSON.parse(await client.next())).toEqual({
    type: "streamClosed",
    streamId: "s",
    error: { name: "Forbidden", message: "The client does not have permission to send to group 'room'." },
  });
});

test("numbers: duplicates are acknowledged again, gaps are not taken, unknown streams are closed", async () => {
  const bench = await Bench.start();
  const client = await bench.plain({ roles });
  const said = async (message: object) => {
    client.send(message);
    return (await client.settled()).map((text): unknown => JSON.parse(text));
  };
  const part = (streamSequenceId: number) => ({
    type: "streamData",
    streamId: "s",
    streamSequenceId,
    dataType: "text",
    data: "x",
  });
  const ack = (expectedSequenceId: number) => [{ type: "streamAck", streamId: "s", expectedSequenceId }];
  expect(await said({ type: "sendToGroup", group: "g", stream: { streamId: "s", idleTimeoutMs: 60_000 } })).toEqual(
    ack(1),
  );
  expect(await said(part(1))).toEqual(ack(2));
  expect(await said(part(1))).toEqual(ack(2));
  expect(await said(part(3))).toEqual([
    { type: "streamNack", streamId: "s", name: "InvalidSequenceId", expectedSequenceId: 2 },
  ]);
  expect(await said({ type: "sendToGroup", group: "g", stream: { streamId: "s" } })).toEqual(ack(2));
  expect(await said({ type: "streamData", streamId: "s" })).toEqual([]);
  expect(await said({ type: "streamEnd", streamId: "s" })).toEqual([{ type: "streamClosed", streamId: "s" }]);
  expect(await said({ type: "streamEnd", streamId: "s" })).toMatchObject([{ error: { name: "StreamNotFound" } }]);
});

test("a stream that is silent too long ends for both sides", async () => {
  const bench = await Bench.start();
  const [sender, receiver] = [await bench.plain({ roles }), await bench.plain({ groups: ["g"] })];
  sender.send({ type: "sendToGroup", group: "g", stream: { streamId: "s", idleTimeoutMs: 50 } });
  expect(JSON.parse(await sender.next())).toMatchObject({ type: "streamAck" });
  expect(JSON.parse(await sender.next())).toMatchObject({ type: "streamClosed", error: { name: "IdleTimeout" } });
  expect(JSON.parse(await receiver.next())).toMatchObject({
    dataType: "text",
    data: "",
    stream: { streamId: "s", streamSequenceId: 1, endOfStream: true, error: { name: "IdleTimeout" } },
  });
});

test("a stream whose sender goes is cancelled, and one whose permission goes is forbidden", async () => {
  const bench = await Bench.start();
  const receiver = await bench.plain({ groups: ["g"] });
  const open = async () => {
    const sender = await bench.plain({ roles: ["webpubsub.sendToGroup.g"] });
    sender.send({ type: "sendToGroup", group: "g", stream: { streamId: sender.id } });
    await sender.next();
    return sender;
  };
  (await open()).ws.close(1000);
  expect(JSON.parse(await receiver.next())).toMatchObject({ stream: { error: { name: "Cancelled" } } });
  const sender = await open();
  await bench.admin.revokePermission(sender.id, "sendToGroup", { targetName: "g" });
  sender.send({ type: "streamData", streamId: sender.id, streamSequenceId: 1, dataType: "text", data: "x" });
  expect(JSON.parse(await receiver.next())).toMatchObject({ stream: { error: { name: "Forbidden" } } });
  expect(JSON.parse(await sender.next())).toMatchObject({ type: "streamClosed", error: { name: "Forbidden" } });
});

test("members that know no streams get the data, and nothing at its end", async () => {
  const bench = await Bench.start();
  const sender = await bench.sdk(identity);
  const protobuf = await bench.sdk({ groups: ["room"] }, { protocol: WebPubSubProtobufReliableProtocol() });
  const stream = await sender.client.openGroupStream("room");
  await stream.write("one", "text");
  await stream.end();
  await sender.client.sendToGroup("room", "after", "text");
  await protobuf.received(2);
  expect(protobuf.messages).toEqual(["one", "after"]);
});

test("only a client with open streams hears connected again after a recovery", async () => {
  const bench = await Bench.start();
  const first = await bench.plain(identity, reliableName);
  first.send({ type: "sendToGroup", group: "quiet", stream: { streamId: "s" } });
  await first.next();
  const { connectionId, reconnectionToken } = first.connected;
  bench.service.cut(first.id);
  await first.closed;
  const url = `${await bench.url()}&awps_connection_id=${connectionId}&awps_reconnection_token=${reconnectionToken}`;
  const second = await bench.dial(url, reliableName);
  expect(JSON.parse(await second.next())).toEqual({
    type: "system",
    event: "connected",
    userId: "ada",
    connectionId,
    reconnectionToken,
  });
  second.send({ type: "streamEnd", streamId: "s" });
  expect(JSON.parse(await second.next())).toEqual({ type: "streamClosed", streamId: "s" });
});
