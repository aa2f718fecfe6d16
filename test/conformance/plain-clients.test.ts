import { get, type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { Bench, hubName, type Plain } from "./harness.ts";

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const toGroup = "&webpubsub_mode=sendToGroup&group=g";

/** A WebSocket without a subprotocol. Nothing is sent to it on its own, so the log tells its id. */
async function dial(
  bench: Bench,
  identity: Parameters<Bench["url"]>[0] = {},
  query = "",
): Promise<{ client: Plain; id: string }> {
  const before = new Set(ids(bench));
  const client = await bench.dial(`${await bench.url(identity)}${query}`, []);
  await bench.logged((line) => line.type === "connected" && !before.has(line.connectionId));
  return { client, id: ids(bench).find((id) => !before.has(id)) ?? "" };
}

const ids = (bench: Bench) => bench.log.flatMap((line) => (line.type === "connected" ? [line.connectionId] : []));

describe("plain WebSocket clients", () => {
  test("get what the server sends as payloads and nothing else", async () => {
    const bench = await Bench.start();
    const { client, id } = await dial(bench, { userId: "ada", groups: ["g"] });
    await bench.admin.sendToConnection(id, "tëxt", { contentType: "text/plain" });
    await bench.admin.sendToUser("ada", { hello: "world" });
    await bench.admin.group("g").sendToAll(new Uint8Array([0, 255]).buffer);
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      "tëxt",
      '{"hello":"world"}',
      "binary 00ff",
    ]);
    expect(client.ws.protocol).toBe("");
    await bench.admin.closeConnection(id, { reason: "bye" });
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
  });

  test("JSON arrives byte for byte as its sender wrote it", async () => {
    const bench = await Bench.start();
    const { client } = await dial(bench, { groups: ["g"] });
    const ada = await bench.plain({ roles: all });
    ada.send('{"type":"sendToGroup","group":"g","data":{ "b": 1,"a":[ ]}}');
    expect(await client.next()).toBe('{ "b": 1,"a":[ ]}');
  });

  test("sendToGroup mode: text as text, binary as binary; the sender is no member", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    const { client } = await dial(bench, { userId: "raw", roles: ["webpubsub.sendToGroup.g"] }, toGroup);
    client.ws.send("hi");
    client.ws.send(Buffer.from([0, 255]));
    const head = '{"type":"message","from":"group","group":"g","fromUserId":"raw",';
    expect(await ada.next()).toBe(`${head}"dataType":"text","data":"hi"}`);
    expect(await ada.next()).toBe(`${head}"dataType":"binary","data":"AP8="}`);
  });

  test.each([
    ["", ["one", "two"]],
    ["&noEcho=TRUE", ["two"]],
  ])("a member hears itself unless noEcho%s", async (noEcho, heard) => {
    const bench = await Bench.start();
    const ada = await bench.plain({ roles: all, groups: ["g"] });
    const { client } = await dial(bench, { roles: all, groups: ["g"] }, `${toGroup}${noEcho}`);
    client.ws.send("one");
    await ada.next();
    ada.send({ type: "sendToGroup", group: "g", dataType: "text", data: "two" });
    const frames: string[] = [];
    for (const _ of heard) frames.push(await client.next());
    expect(frames).toEqual(heard);
  });

  test("sendToGroup without the permission: the first frame closes with 1008", async () => {
    const bench = await Bench.start();
    const { client, id } = await dial(bench, { roles: ["webpubsub.sendToGroup.other"] }, toGroup);
    expect(await bench.admin.connectionExists(id)).toBe(true);
    client.ws.send("hi");
    expect((await client.closed).code).toBe(1008);
    expect(await bench.admin.connectionExists(id)).toBe(false);
  });

  test("sendEvent mode without an event handler: the first frame closes with 1011", async () => {
    const bench = await Bench.start();
    const { client } = await dial(bench, {}, "&group=%20&noEcho=perhaps");
    client.ws.send("hi");
    expect(await client.closed).toEqual({ code: 1011, reason: "Internal server error" });
  });

  test.each([
    "webpubsub_mode=publish",
    "webpubsub_mode=",
    "webpubsub_mode=sendToGroup",
    "webpubsub_mode=sendToGroup&group=",
    "webpubsub_mode=sendToGroup&group=%20",
    `webpubsub_mode=sendToGroup&group=${"g".repeat(1_025)}`,
    "webpubsub_mode=sendToGroup&group=g&group=",
    "webpubsub_mode=sendToGroup&group=g&noEcho=yes",
    "webpubsub_mode=sendToGroup&group=g&noEcho=",
    "webpubsub_mode=sendEvent&webpubsub_mode=x",
  ])("400 before the upgrade: %s", async (query) => {
    const bench = await Bench.start();
    expect((await bench.refusal(`${await bench.url()}&${query}`, [])).status).toBe(400);
  });

  test.each([
    "WEBPUBSUB_MODE=SENDTOGROUP&GROUP=g&NOECHO=False",
    "webpubsub_mode=x&webpubsub_mode=sendToGroup&group=h&group=g&noEcho=x&noEcho=true",
  ])("names and values ignore case, the last one counts: %s", async (query) => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    const { client } = await dial(bench, { roles: all }, `&${query}`);
    client.ws.send("hi");
    expect(await ada.next()).toContain('"data":"hi"');
  });

  test("the parameters mean nothing to a client with a subprotocol of the service", async () => {
    const bench = await Bench.start();
    const ada = await bench.dial(`${await bench.url()}&webpubsub_mode=nonsense`, "json.webpubsub.azure.v1");
    expect(await ada.next()).toContain('"event":"connected"');
  });

  test("a subprotocol of its own, that no event handler picks: upgraded without one", async () => {
    const bench = await Bench.start();
    const url = (await bench.url({ groups: ["g"] })).replace("ws:", "http:");
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "my.chat, other",
    };
    const answered = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = get(url, { headers }, () => reject(new Error("The upgrade was refused.")));
      request.on("error", reject);
      request.on("upgrade", (response, socket) => {
        onTestFinished(() => void socket.destroy());
        resolve(response);
      });
    });
    expect(answered.statusCode).toBe(101);
    expect(answered.headers).not.toHaveProperty("sec-websocket-protocol");
    expect(await bench.admin.groupExists("g")).toBe(true);
  });

  test("of its own and one of the service: the latter is spoken", async () => {
    const bench = await Bench.start();
    const ada = await bench.dial(await bench.url(), ["my.chat", "json.webpubsub.azure.v1"]);
    expect(ada.ws.protocol).toBe("json.webpubsub.azure.v1");
    expect(await ada.next()).toContain('"event":"connected"');
  });

  test("a token is needed as for any client, and a recovery is refused by 1008", async () => {
    const bench = await Bench.start();
    const base = `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}`;
    expect((await bench.refusal(base, [])).status).toBe(401);
    const { id } = await dial(bench);
    const again = await bench.dial(`${base}?awps_connection_id=${id}&awps_reconnection_token=x`, []);
    expect((await again.closed).code).toBe(1008);
    expect(await bench.admin.connectionExists(id)).toBe(true);
  });
});

describe("clients without a token", () => {
  const base = (bench: Bench, hub: string) => `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hub}`;

  test("are let in where the hub says so, without a user, groups or permissions", async () => {
    const bench = await Bench.start({ hubs: { [hubName]: { anonymousConnectPolicy: "allow" } } });
    const client = await bench.dial(base(bench, hubName.toUpperCase()), "json.webpubsub.azure.v1");
    expect(JSON.parse(await client.next())).toEqual({
      type: "system",
      event: "connected",
      connectionId: expect.any(String),
    });
    client.send({ type: "joinGroup", group: "g", ackId: 1 });
    expect(await client.next()).toContain("Forbidden");
  });

  test("are refused by another hub, and a bad token is refused everywhere", async () => {
    const bench = await Bench.start({ hubs: { [hubName]: { anonymousConnectPolicy: "allow" } } });
    expect((await bench.refusal(base(bench, "other"))).status).toBe(401);
    expect((await bench.refusal(`${base(bench, hubName)}?access_token=x`)).status).toBe(401);
  });
});
