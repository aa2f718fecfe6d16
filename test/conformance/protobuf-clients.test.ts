import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Bench, jsonName } from "./harness.ts";
import { type Plain as Decoded, decodeDownstream, encodeAny, encodeUpstream } from "./protobuf-schema.ts";

const protobufName = "protobuf.webpubsub.azure.v1";
const reliableName = "protobuf.reliable.webpubsub.azure.v1";
const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** A client that speaks through protobufjs, not through our codec. */
class ProtobufClient {
  readonly ws: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  connected: Readonly<Record<string, string>> = {};
  readonly #frames: Decoded[] = [];
  #wake: () => void = () => undefined;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString("utf8") }));
    });
    ws.on("message", (data: Buffer, isBinary) => {
      this.#frames.push(isBinary ? decodeDownstream(data) : { text: data.toString("utf8") });
      this.#wake();
    });
  }

  static async dial(url: string, protocol: string): Promise<ProtobufClient> {
    const ws = new WebSocket(url, protocol);
    onTestFinished(() => ws.terminate());
    const client = new ProtobufClient(ws);
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    return client;
  }

  static async start(bench: Bench, identity: Parameters<Bench["url"]>[0], protocol: string): Promise<ProtobufClient> {
    const client = await ProtobufClient.dial(await bench.url(identity), protocol);
    const { systemMessage } = (await client.next()) as { systemMessage: { connectedMessage: Record<string, string> } };
    client.connected = systemMessage.connectedMessage;
    return client;
  }

  get id(): string {
    return this.connected["connectionId"] ?? "";
  }

  send(message: object): void {
    this.ws.send(encodeUpstream(message));
  }

  async next(): Promise<Decoded> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What arrived before the answer to a ping. */
  async settled(): Promise<Decoded[]> {
    this.send({ pingMessage: {} });
    const frames: Decoded[] = [];
    for (;;) {
      const frame = await this.next();
      if ("pongMessage" in frame) return frames;
      frames.push(frame);
    }
  }
}

const publish = (data: object, more: object = {}) => ({ sendToGroupMessage: { group: "g", data, ...more } });

describe.each([
  [protobufName, false],
  [reliableName, true],
])("%s", (protocol, reliable) => {
  const numbered = (sequenceId: string) => (reliable ? { sequenceId } : {});

  test("connected, with a token only when reliable", async () => {
    const bench = await Bench.start();
    const ada = await ProtobufClient.start(bench, { userId: "ada" }, protocol);
    expect(Object.keys(ada.connected).sort()).toEqual(
      reliable ? ["connectionId", "reconnectionToken", "userId"] : ["connectionId", "userId"],
    );
    expect(ada.ws.protocol).toBe(protocol);
    const anonymous = await ProtobufClient.start(bench, {}, protocol);
    expect(anonymous.connected).not.toHaveProperty("userId");
  });

  test.each([
    ["text", { textData: "hï" }, '"dataType":"text","data":"hï"'],
    ["binary", { binaryData: Buffer.from([0, 255]) }, '"dataType":"binary","data":"AP8="'],
    ["JSON", { jsonData: '{ "a":1}' }, '"dataType":"json","data":{ "a":1}'],
    [
      "an Any",
      { protobufData: { typeUrl: "type.googleapis.com/a.B", value: Buffer.from([1, 2]) } },
      `"dataType":"protobuf","data":"${encodeAny({ typeUrl: "type.googleapis.com/a.B", value: Buffer.from([1, 2]) }).toString("base64")}"`,
    ],
  ])("%s to itself, to a JSON client and to a plain one", async (_name, data, asJson) => {
    const bench = await Bench.start();
    const ada = await ProtobufClient.start(bench, { userId: "ada", roles: all, groups: ["g"] }, protocol);
    const bob = await bench.plain({ groups: ["g"] });
    ada.send(publish(data, { ackId: 1 }));
    expect(await ada.settled()).toEqual([
      { dataMessage: { from: "group", group: "g", data, ...numbered("1") } },
      { ackMessage: { ackId: "1", success: true } },
    ]);
    expect(await bob.next()).toBe(`{"type":"message","from":"group","group":"g","fromUserId":"ada",${asJson}}`);
  });

  test("JSON clients and the server are heard: JSON as json_data", async () => {
    const bench = await Bench.start();
    const ada = await ProtobufClient.start(bench, { groups: ["g"] }, protocol);
    const bob = await bench.plain({ roles: all });
    bob.send('{"type":"sendToGroup","group":"g","data":{ "a":1}}');
    bob.send('{"type":"sendToGroup","group":"g","dataType":"text","data":"\\u00fc"}');
    bob.send('{"type":"sendToGroup","group":"g","dataType":"binary","data":"AP8="}');
    await bob.settled();
    await bench.admin.sendToAll({ hello: "world" });
    const expected = [
      { from: "group", group: "g", data: { jsonData: '{ "a":1}' } },
      { from: "group", group: "g", data: { textData: "ü" } },
      { from: "group", group: "g", data: { binaryData: Buffer.from([0, 255]) } },
      { from: "server", data: { jsonData: '{"hello":"world"}' } },
    ];
    for (const [i, message] of expected.entries()) {
      expect(await ada.next()).toEqual({ dataMessage: { ...message, ...numbered(String(i + 1)) } });
    }
  });

  test("join, leave, noEcho, Duplicate and Forbidden, with the ids of 64 bits", async () => {
    const bench = await Bench.start();
    const roles = ["webpubsub.joinLeaveGroup.g", "webpubsub.sendToGroup.g"];
    const ada = await ProtobufClient.start(bench, { roles }, protocol);
    const ackId = "18446744073709551615";
    ada.send({ joinGroupMessage: { group: "g", ackId } });
    ada.send({ joinGroupMessage: { group: "g", ackId } });
    ada.send({ joinGroupMessage: { group: "h", ackId: 2 } });
    ada.send(publish({ textData: "x" }, { noEcho: true }));
    ada.send({ leaveGroupMessage: { group: "g", ackId: 3 } });
    ada.send({ eventMessage: { event: "e", data: { textData: "x" }, ackId: 4 } });
    const error = (name: string, message: string) => ({ error: { name, message } });
    expect(await ada.settled()).toEqual([
      { ackMessage: { ackId, success: true } },
      { ackMessage: { ackId, ...error("Duplicate", `Message with ack-id: ${ackId} has been processed`) } },
      { ackMessage: { ackId: "2", ...error("Forbidden", "The client does not have permission to join group 'h'.") } },
      { ackMessage: { ackId: "3", success: true } },
      { ackMessage: { ackId: "4", ...error("InternalServerError", "Internal server error") } },
    ]);
    expect(await bench.admin.groupExists("g")).toBe(false);
  });

  test("disconnected, then close 1000", async () => {
    const bench = await Bench.start();
    const ada = await ProtobufClient.start(bench, {}, protocol);
    await bench.admin.closeConnection(ada.id, { reason: "bye" });
    const reason = "Application server closed the connection. Reason: bye";
    expect(await ada.next()).toEqual({ systemMessage: { disconnectedMessage: { reason } } });
    expect(await ada.closed).toEqual({ code: 1000, reason: "" });
  });

  test.each([
    ["a text frame", "{}", 1003],
    ["garbage", Buffer.from("ffffffff", "hex"), 1007],
    ["an empty frame", Buffer.alloc(0), 1007],
    ["over 1 MiB", Buffer.alloc(1024 * 1024 + 1), 1009],
  ])("%s closes for good with its code", async (_name, frame, code) => {
    const bench = await Bench.start();
    const ada = await ProtobufClient.start(bench, {}, protocol);
    ada.ws.send(frame);
    expect((await ada.closed).code).toBe(code);
    expect(await bench.admin.connectionExists(ada.id)).toBe(false);
  });
});

test("metadata goes from protobuf to JSON and back", async () => {
  const bench = await Bench.start();
  const ada = await ProtobufClient.start(bench, { roles: all, groups: ["g"] }, protobufName);
  const bob = await bench.plain({ roles: all, groups: ["g"] }, jsonName);
  ada.send(publish({ textData: "x" }, { metadata: { trace: "1" } }));
  expect(await bob.next()).toBe(
    '{"type":"message","from":"group","group":"g","dataType":"text","data":"x","metadata":{"trace":"1"}}',
  );
  bob.send({ type: "sendToGroup", group: "g", dataType: "text", data: "y", noEcho: true, metadata: { trace: "2" } });
  await bob.settled();
  const [, second] = await ada.settled();
  expect(second).toEqual({
    dataMessage: { from: "group", group: "g", data: { textData: "y" }, metadata: { trace: "2" } },
  });
});

test("recovery of a reliable protobuf connection: what was missed, once, with the old numbers, then the rest", async () => {
  const bench = await Bench.start();
  const ada = await ProtobufClient.start(bench, { roles: all, groups: ["g"] }, reliableName);
  for (let i = 1; i <= 3; i++) await bench.admin.group("g").sendToAll(i);
  for (let i = 1; i <= 3; i++) expect(await ada.next()).toMatchObject({ dataMessage: { sequenceId: String(i) } });
  ada.send({ sequenceAckMessage: { sequenceId: 2 } });
  expect(await ada.settled()).toEqual([]);
  bench.service.cut(ada.id);
  expect((await ada.closed).code).toBe(1006);
  await bench.logged((line) => line.type === "detached");
  await bench.admin.group("g").sendToAll(4);
  const { connectionId = "", reconnectionToken = "" } = ada.connected;
  const query = new URLSearchParams({ awps_connection_id: connectionId, awps_reconnection_token: reconnectionToken });
  const url = `${bench.service.endpoint.replace("http", "ws")}/client/hubs/Collab?${query}`;
  const stranger = await ProtobufClient.dial(url, protobufName);
  expect((await stranger.closed).code).toBe(1008);
  const again = await ProtobufClient.dial(url, reliableName);
  await bench.admin.group("g").sendToAll(5);
  for (let i = 3; i <= 5; i++) {
    expect(await again.next()).toEqual({
      dataMessage: { from: "group", group: "g", data: { jsonData: String(i) }, sequenceId: String(i) },
    });
  }
});
