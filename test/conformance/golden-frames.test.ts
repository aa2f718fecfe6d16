import { describe, expect, test } from "vitest";
import { Bench, jsonName, reliableName } from "./harness.ts";

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

describe.each([
  [jsonName, ""],
  [reliableName, '"sequenceId":1,'],
])("golden frames of %s", (protocol, numbered) => {
  test("connected", async () => {
    const bench = await Bench.start();
    const named = await bench.dial(await bench.url({ userId: "ada" }), protocol);
    const frame = await named.next();
    const { connectionId, reconnectionToken } = JSON.parse(frame) as Record<string, string>;
    const token = numbered === "" ? "" : `,"reconnectionToken":"${reconnectionToken}"`;
    expect(frame).toBe(`{"type":"system","event":"connected","userId":"ada","connectionId":"${connectionId}"${token}}`);
    expect(named.ws.protocol).toBe(protocol);
    const anonymous = await bench.dial(await bench.url(), protocol);
    expect(JSON.parse(await anonymous.next())).not.toHaveProperty("userId");
  });

  test.each([
    ['"dataType":"text","data":"a \\u00fc"', '"dataType":"text","data":"a \\u00fc"'],
    ['"dataType":"json","data":{"b": 1,"a":[ ]}', '"dataType":"json","data":{"b": 1,"a":[ ]}'],
    ['"data":7', '"dataType":"json","data":7'],
    ['"dataType":"binary","data":"AP8="', '"dataType":"binary","data":"AP8="'],
  ])("a publish with %s", async (sent, received) => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada", roles: all, groups: ["g"] }, protocol);
    ada.send(`{"type":"sendToGroup","group":"g",${sent}}`);
    expect(await ada.next()).toBe(
      `{${numbered}"type":"message","from":"group","group":"g","fromUserId":"ada",${received}}`,
    );
  });

  test("an anonymous publish has no fromUserId", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ roles: all, groups: ["g"] }, protocol);
    ada.send({ type: "sendToGroup", group: "g", dataType: "text", data: "x" });
    expect(await ada.next()).toBe(
      `{${numbered}"type":"message","from":"group","group":"g","dataType":"text","data":"x"}`,
    );
  });

  test.each<[string, unknown, object, string]>([
    ["json", { hello: "world" }, {}, '"dataType":"json","data":{"hello":"world"}'],
    ["a string as json", "hi", {}, '"dataType":"json","data":"hi"'],
    ["text", 'say "hi"', { contentType: "text/plain" }, '"dataType":"text","data":"say \\"hi\\""'],
    [
      "binary",
      new Uint8Array([0, 255]).buffer,
      { contentType: "application/octet-stream" },
      '"dataType":"binary","data":"AP8="',
    ],
  ])("%s sent by the server to all, and to a group", async (_name, data, options, received) => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] }, protocol);
    await bench.admin.sendToAll(data as string, options as { contentType: "text/plain" });
    expect(await ada.next()).toBe(`{${numbered}"type":"message","from":"server",${received}}`);
    await bench.admin.group("g").sendToAll(data as string, options as { contentType: "text/plain" });
    const second = numbered.replace("1", "2");
    expect(await ada.next()).toBe(`{${second}"type":"message","from":"group","group":"g",${received}}`);
  });

  test("acks and pong are never numbered", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ roles: ["webpubsub.joinLeaveGroup.g"] }, protocol);
    ada.send({ type: "joinGroup", group: "g", ackId: 1 });
    ada.send({ type: "joinGroup", group: "g", ackId: 1 });
    ada.send({ type: "sendToGroup", group: "g", ackId: 2, data: 1 });
    ada.send('{"type":"leaveGroup","group":"g","ackId":18446744073709551615}');
    ada.send({ type: "event", event: "e", ackId: 3, dataType: "text", data: "x" });
    ada.send({ type: "sequenceAck", sequenceId: 1 });
    expect(await ada.settled()).toEqual([
      '{"type":"ack","ackId":1,"success":true}',
      '{"type":"ack","ackId":1,"success":false,"error":{"name":"Duplicate","message":"Message with ack-id: 1 has been processed"}}',
      `{"type":"ack","ackId":2,"success":false,"error":{"name":"Forbidden","message":"The client does not have permission to send to group 'g'."}}`,
      '{"type":"ack","ackId":18446744073709551615,"success":true}',
      '{"type":"ack","ackId":3,"success":false,"error":{"name":"InternalServerError","message":"Internal server error"}}',
    ]);
  });

  test("disconnected, then close 1000 with an empty reason", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({}, protocol);
    await bench.admin.closeConnection(ada.id, { reason: "bye" });
    expect(await ada.next()).toBe(
      '{"type":"system","event":"disconnected","message":"Application server closed the connection. Reason: bye"}',
    );
    expect(await ada.closed).toEqual({ code: 1000, reason: "" });
  });
});

test("the answer repeats the spelling of the subprotocol; of several the first known one wins", async () => {
  const bench = await Bench.start();
  const ada = await bench.dial(await bench.url(), "Json.WebPubSub.Azure.v1");
  expect(ada.ws.protocol).toBe("Json.WebPubSub.Azure.v1");
});

test("stopping the service tells every client", async () => {
  const bench = await Bench.start();
  const ada = await bench.plain({}, reliableName);
  await bench.service.close();
  expect(await ada.next()).toBe('{"type":"system","event":"disconnected","message":"The service is stopping."}');
  expect(await ada.closed).toEqual({ code: 1000, reason: "" });
});
