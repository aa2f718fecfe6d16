import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { Bench, hubName, jsonName, type Plain, reliableName, secondaryKey, sign } from "./harness.ts";

const soon = () => Math.floor(Date.now() / 1000) + 60;

function clientUrl(bench: Bench, token: string | undefined, path = `/client/hubs/${hubName}`): string {
  const query = token === undefined ? "" : `${path.includes("?") ? "&" : "?"}access_token=${token}`;
  return `${bench.service.endpoint.replace("http", "ws")}${path}${query}`;
}

/** Bytes without meaning, the same in every run. */
function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 167 + 141) % 256));
}

describe("upgrades", () => {
  const claims = (bench: Bench) => ({ aud: `${bench.service.endpoint}/client/hubs/${hubName}`, exp: soon() });

  test.each<[string, (bench: Bench) => string | undefined, number]>([
    ["no token", () => undefined, 401],
    ["an empty token", () => "", 401],
    ["nonsense", () => "a.b.c", 401],
    ["alg none", (bench) => sign(claims(bench), { alg: "none" }), 401],
    ["alg HS512", (bench) => sign(claims(bench), { alg: "HS512", hash: "sha512" }), 401],
    ["another key", (bench) => sign(claims(bench), { key: "x".repeat(40) }), 401],
    ["another hub", (bench) => sign({ ...claims(bench), aud: `${bench.service.endpoint}/client/hubs/other` }), 401],
    ["a REST audience", (bench) => sign({ ...claims(bench), aud: bench.service.endpoint }), 401],
    ["expired", (bench) => sign({ ...claims(bench), exp: soon() - 3_600 }), 401],
    ["no expiry", (bench) => sign({ aud: claims(bench).aud }), 401],
    ["not valid yet", (bench) => sign({ ...claims(bench), nbf: soon() + 3_600 }), 401],
    ["a user that is no text", (bench) => sign({ ...claims(bench), sub: 7 }), 401],
    ["roles that are no texts", (bench) => sign({ ...claims(bench), role: [7] }), 401],
    ["a blank group", (bench) => sign({ ...claims(bench), "webpubsub.group": [" "] }), 400],
    ["a group too long", (bench) => sign({ ...claims(bench), "webpubsub.group": "g".repeat(1_025) }), 400],
  ])("%s is refused", async (_name, token, status) => {
    const bench = await Bench.start();
    const refusal = await bench.refusal(clientUrl(bench, token(bench)));
    expect(refusal.status).toBe(status);
    expect(refusal.body).toMatch(/\w+ \w+/);
    expect(JSON.stringify(bench.log)).not.toContain("eyJ");
  });

  test.each([
    ["/client/hubs/1st", 400],
    ["/client/hubs/%", 400],
    ["/client/hubs/", 404],
    ["/client/", 400],
    ["/client?hub=", 400],
    ["/clients/mqtt/hubs/1st", 400],
    ["/clients/mqtt/hubs/", 404],
    ["/clients/socketio/hubs/chat", 404],
    ["/server/tunnel?hub=chat", 404],
    ["/", 404],
  ])("the path %s is %d", async (path, status) => {
    const bench = await Bench.start();
    expect((await bench.refusal(clientUrl(bench, sign(claims(bench)), path))).status).toBe(status);
  });

  test("the subprotocol mqtt is refused with the names of the others", async () => {
    const bench = await Bench.start();
    const refusal = await bench.refusal(clientUrl(bench, sign(claims(bench))), "mqtt");
    expect(refusal).toMatchObject({ status: 400, body: expect.stringContaining(reliableName) });
  });

  test("accepted: the secondary key, the older path, a wss audience, claims as texts, the Authorization header", async () => {
    const bench = await Bench.start();
    const aud = claims(bench).aud.replace("http", "wss").toUpperCase();
    const token = sign({ ...claims(bench), aud, role: "r", "webpubsub.group": "g", sub: "u" }, { key: secondaryKey });
    const older = await bench.dial(clientUrl(bench, token, `/client/?hub=${hubName}`), jsonName);
    expect(await older.next()).toContain('"userId":"u"');
    expect(bench.service.hub(hubName).server.hasGroup("g")).toBe(true);
  });

  test("a plain HTTP request to the client path is 400", async () => {
    const bench = await Bench.start();
    expect((await fetch(`${bench.service.endpoint}/client/hubs/${hubName}`)).status).toBe(400);
  });

  test("more connections than the limit are refused with 503", async () => {
    const bench = await Bench.start({ limits: { connectionsMax: 1 } });
    await bench.plain();
    expect((await bench.refusal(await bench.url())).status).toBe(503);
  });

  test("unknown hubs do not come to exist by being asked for without a token", async () => {
    const bench = await Bench.start();
    const url = clientUrl(bench, undefined, "/client/hubs/unknown?awps_connection_id=x&awps_reconnection_token=y");
    expect((await (await bench.dial(url, reliableName)).closed).code).toBe(1008);
    expect(bench.log.some((line) => line.type === "recovery-refused")).toBe(false);
  });
});

describe.each([jsonName, reliableName])("frames of %s", (protocol) => {
  const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

  test.each<[string, (client: Plain) => void, number]>([
    ["no JSON", (client) => client.send("{"), 1007],
    ["an unknown type", (client) => client.send({ type: "fly" }), 1007],
    ["a wrong field", (client) => client.send({ type: "joinGroup", group: {} }), 1007],
    ["a hostile prototype", (client) => client.send('{"__proto__":{"type":"ping"}}'), 1007],
    ["a binary frame", (client) => client.ws.send(Buffer.from("{}")), 1003],
    ["a frame over 1 MiB", (client) => client.send(`{"data":"${"a".repeat(1024 * 1024)}"}`), 1009],
  ])("%s closes the connection for good", async (_name, send, code) => {
    const bench = await Bench.start();
    const bob = await bench.plain({ groups: ["g"] }, protocol);
    const ada = await bench.plain({ userId: "ada", roles: all, groups: ["g"] }, protocol);
    send(ada);
    expect((await ada.closed).code).toBe(code);
    await bench.ended(ada.id);
    expect(await bench.admin.userExists("ada")).toBe(false);
    await bench.admin.group("g").sendToAll("on", { contentType: "text/plain" });
    expect(await bob.next()).toContain('"on"');
  });

  test("a frame of just under 1 MiB passes", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ roles: all, groups: ["g"] }, protocol);
    const data = "a".repeat(1024 * 1024 - 80);
    ada.send({ type: "sendToGroup", group: "g", dataType: "text", data });
    expect(JSON.parse(await ada.next()).data).toBe(data);
  });
});

describe("the service survives", () => {
  test("noise, half requests and sockets that reset, on both of its doors", async () => {
    const bench = await Bench.start();
    const { port } = bench.service;
    const url = new URL(await bench.url());
    const upgrade =
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${noise(16).toString("base64")}\r\n` +
      `Sec-WebSocket-Protocol: ${reliableName}\r\n\r\n`;
    const starts = ["", "GET / HTTP/1.1\r\n", "POST /api/hubs/a/:send HTTP/1.1\r\nContent-Length: 9\r\n\r\n", upgrade];
    await Promise.all(
      starts.flatMap((start) =>
        [0, 20, 2_000].map(
          (bytes) =>
            new Promise<void>((resolve) => {
              const socket = connect(port, "127.0.0.1", () => {
                socket.write(start);
                socket.write(noise(bytes), () => socket.resetAndDestroy());
              });
              socket.on("error", () => resolve());
              socket.on("close", () => resolve());
            }),
        ),
      ),
    );
    const bad = await bench.dial(await bench.url(), reliableName);
    await bad.next();
    (bad.ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from([0xff, 0xff, 0xff]));
    expect((await bad.closed).code).toBe(1002);
    const ada = await bench.plain();
    expect(await ada.settled()).toEqual([]);
    expect(bench.log.filter((line) => line.type === "fault")).toEqual([]);
  });

  test("refused clients that never close their half of the line: nothing of them stays", async () => {
    const bench = await Bench.start();
    const gone = (request: string) =>
      new Promise<void>((resolve) => {
        const socket = connect({ port: bench.service.port, host: "127.0.0.1", allowHalfOpen: true });
        const poke = () => {
          socket.write("x", () => setImmediate(poke));
        };
        socket.on("error", () => resolve());
        socket.on("end", poke);
        socket.resume();
        socket.write(request);
      });
    await gone("GET /client/hubs/a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await gone("nonsense\r\n\r\n");
  });

  test("a client that stops reading is closed as SlowClient; the others get everything", async () => {
    const bench = await Bench.start();
    const slow = await bench.plain({ groups: ["g"] });
    const quick = await bench.plain({ groups: ["g"] });
    slow.ws.pause();
    const { server } = bench.service.hub(hubName);
    const literal = `"${"a".repeat(512 * 1024)}"`;
    let received = 0;
    for (let sent = 0; sent < 200 && server.hasConnection(slow.id); sent++) {
      server.sendToGroup("g", { dataType: "text", literal });
      await quick.next();
      received += 1;
    }
    expect(await bench.ended(slow.id)).toMatchObject({ reason: "SlowClient" });
    expect(received).toBeGreaterThan(16);
    expect(await quick.settled()).toEqual([]);
  });

  test("a client that answers no ping is ended; one that does stays", async () => {
    const bench = await Bench.start({ keepAliveSeconds: 0.04 });
    const alive = await bench.plain();
    const mute = await bench.dial(await bench.url({ userId: "mute" }), jsonName, { autoPong: false });
    expect((await mute.closed).code).toBe(1006);
    expect(await alive.settled()).toEqual([]);
    expect(await bench.admin.userExists("mute")).toBe(false);
  });
});
