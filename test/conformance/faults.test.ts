import { describe, expect, test } from "vitest";
import { startService } from "webpubsub-local";
import { Bench, hubName, jsonName, reliableName } from "./harness.ts";

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const text = (data: string) => ({ dataType: "text", literal: JSON.stringify(data) }) as const;

function data(frame: string): unknown {
  return JSON.parse(frame).data;
}

describe("frames", () => {
  test("drop, by connection: only that one misses the message", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    const bob = await bench.plain({ groups: ["g"] });
    const remove = bench.service.faults.add({ connectionId: ada.id, group: "g", fault: { type: "drop" } });
    bench.service.hub(hubName).server.sendToGroup("g", text("one"));
    expect(data(await bob.next())).toBe("one");
    expect(await ada.settled()).toEqual([]);
    remove();
    bench.service.hub(hubName).server.sendToGroup("g", text("two"));
    expect(data(await ada.next())).toBe("two");
  });

  test("drop, by group: other groups are not touched, in either direction", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ roles: all, groups: ["g", "h"] });
    bench.service.faults.add({ group: "g", direction: "in", fault: { type: "drop" } });
    ada.send({ type: "sendToGroup", group: "g", dataType: "text", data: "lost" });
    ada.send({ type: "sendToGroup", group: "h", dataType: "text", data: "kept" });
    expect(data(await ada.next())).toBe("kept");
    expect(await ada.settled()).toEqual([]);
  });

  test("drop, by group, also what goes to plain clients", async () => {
    const bench = await Bench.start();
    const ada = await bench.dial(await bench.url({ groups: ["g", "h"] }), []);
    bench.service.faults.add({ group: "g", fault: { type: "drop" } });
    const { server } = bench.service.hub(hubName);
    server.sendToGroup("g", text("lost"));
    server.sendToGroup("h", text("kept"));
    expect(await ada.next()).toBe("kept");
  });

  test("drop, by group, among protobuf clients", async () => {
    const bench = await Bench.start();
    const ada = await bench.dial(await bench.url({ groups: ["g", "h"] }), "protobuf.webpubsub.azure.v1");
    await ada.next();
    bench.service.faults.add({ group: "g", fault: { type: "drop" } });
    const { server } = bench.service.hub(hubName);
    server.sendToGroup("g", text("lost"));
    server.sendToGroup("h", text("kept"));
    expect(await ada.next()).toContain(Buffer.from("kept").toString("hex"));
  });

  test("duplicate: the request runs twice, and its second ack says so", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ roles: all });
    bench.service.faults.add({ times: 1, direction: "in", fault: { type: "duplicate" } });
    ada.send({ type: "joinGroup", group: "g", ackId: 1 });
    expect(JSON.parse(await ada.next())).toMatchObject({ success: true });
    expect(JSON.parse(await ada.next())).toMatchObject({ success: false, error: { name: "Duplicate" } });
  });

  test("delay: nothing comes until the rule goes, then everything in order", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    const remove = bench.service.faults.add({ group: "g", fault: { type: "delay", delayMs: 60_000 } });
    const { server } = bench.service.hub(hubName);
    for (let i = 0; i < 100; i++) server.sendToGroup("g", text(String(i)));
    expect(await ada.settled()).toEqual([]);
    remove();
    for (let i = 0; i < 100; i++) expect(data(await ada.next())).toBe(String(i));
  });

  test("delay: a frame comes when its time is up", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    bench.service.faults.add({ times: 1, direction: "out", fault: { type: "delay", delayMs: 30 } });
    bench.service.hub(hubName).server.sendToGroup("g", text("late"));
    expect(data(await ada.next())).toBe("late");
  });

  test("reorder: all frames come, but not in order", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    bench.service.faults.reseed(3);
    bench.service.faults.add({ group: "g", fault: { type: "reorder", spanMs: 40 } });
    const sent = Array.from({ length: 40 }, (_, i) => String(i));
    for (const item of sent) bench.service.hub(hubName).server.sendToGroup("g", text(item));
    const got: unknown[] = [];
    for (const _ of sent) got.push(data(await ada.next()));
    expect(got).not.toEqual(sent);
    expect(got.map(Number).sort((a, b) => a - b)).toEqual(sent.map(Number));
  });

  test("cut: the transport ends as on a broken network, and the official client comes back by itself", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ groups: ["g"] });
    bench.service.faults.add({ connectionId: ada.id, times: 1, direction: "out", fault: { type: "cut" } });
    bench.service.hub(hubName).server.sendToGroup("g", text("survives"));
    await ada.received(1);
    expect(ada.messages).toEqual(["survives"]);
    expect(ada.ids).toHaveLength(1);
    await bench.logged((line) => line.type === "recovered" && line.replayed === 1);
  });

  test("refuse recovery: the official client starts anew", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ userId: "ada" });
    bench.service.faults.add({ userId: "ada", fault: { type: "refuse-recovery" } });
    bench.service.cut(ada.id);
    await ada.connected(2);
    expect(new Set(ada.ids).size).toBe(2);
    const [connectionId] = ada.ids;
    const reason = "A fault rule refuses the recovery.";
    expect(bench.log).toContainEqual({ type: "recovery-refused", hub: hubName.toLowerCase(), connectionId, reason });
    const metrics = await (await fetch(`${bench.service.endpoint}/metrics`)).text();
    expect(metrics).toMatch(/recoveries_refused_total(\{[^}]*\})? 1\n/);
  });

  test("a stopped reader: bounded, closed with 1008, and nobody else waits", async () => {
    const bench = await Bench.start({ limits: { heldFramesMax: 50, gateBytes: 4_096 } });
    const slow = await bench.plain({ groups: ["g"] });
    const quick = await bench.plain({ groups: ["g"] });
    bench.service.faults.add({ connectionId: slow.id, fault: { type: "slow", bytesPerSecond: 0 } });
    const { server } = bench.service.hub(hubName);
    let sent = 0;
    for (; sent < 1_000 && server.hasConnection(slow.id); sent++) {
      server.sendToGroup("g", text("x".repeat(200)));
      await quick.next();
    }
    expect(await slow.closed).toEqual({ code: 1008, reason: "SlowClient" });
    // Before the gate about 4 KB of frames, behind it 50: not one more was kept.
    expect(sent).toBeGreaterThan(50);
    expect(sent).toBeLessThan(50 + 30);
  });

  test("a slow reader gets everything, later", async () => {
    const bench = await Bench.start();
    const slow = await bench.plain({ groups: ["g"] });
    bench.service.faults.add({ connectionId: slow.id, fault: { type: "slow", bytesPerSecond: 100_000 } });
    const { server } = bench.service.hub(hubName);
    for (let i = 0; i < 50; i++) server.sendToGroup("g", text(String(i)));
    for (let i = 0; i < 50; i++) expect(data(await slow.next())).toBe(String(i));
  });
});

describe("REST calls and restart", () => {
  test.each([429, 503] as const)("%d with Retry-After: the official server SDK tries again", async (status) => {
    const bench = await Bench.start();
    const fault = { type: "refuse-call", status, retryAfterSeconds: 0 } as const;
    bench.service.faults.add({ times: 1, hub: hubName, fault });
    const answer = await bench.rest("POST", `/api/hubs/${hubName}/:send`, { body: "x" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, "0"]);
    bench.service.faults.add({ times: 1, path: ":send", fault });
    const ada = await bench.plain();
    await bench.admin.sendToAll("came", { contentType: "text/plain" });
    expect(data(await ada.next())).toBe("came");
    expect(bench.service.faults.rules).toEqual([]);
  });

  test("restart: everybody is cut, nothing can be recovered, clients come back as new ones", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ groups: ["g"] });
    const old = await bench.plain({}, reliableName);
    await bench.service.faults.restart();
    expect((await old.closed).code).toBe(1006);
    const query = `awps_connection_id=${old.id}&awps_reconnection_token=${old.connected.reconnectionToken}`;
    const again = await bench.dial(
      `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}?${query}`,
      reliableName,
    );
    expect((await again.closed).code).toBe(1008);
    await ada.connected(2);
    bench.service.hub(hubName).server.sendToGroup("g", text("again"));
    await ada.received(1);
  });

  test("an outage: nobody is answered until it is over", async () => {
    const bench = await Bench.start();
    const url = await bench.url();
    const health = () => fetch(`${bench.service.endpoint}/api/health`, { method: "HEAD" });
    const end = bench.service.faults.outage();
    await expect(health()).rejects.toThrow();
    await expect(bench.dial(url, jsonName)).rejects.toThrow();
    end();
    expect((await health()).status).toBe(200);
    await bench.service.faults.restart({ downMs: 5 });
    expect((await health()).status).toBe(200);
  });
});

describe("rules over HTTP", () => {
  const json = { "content-type": "application/json" };

  test("are added, listed with their matches, and taken away", async () => {
    const bench = await Bench.start({ faults: true });
    const url = `${bench.service.endpoint}/faults`;
    const rule = { userId: "ada", fault: { type: "drop" } };
    const added = await fetch(url, { method: "POST", headers: json, body: JSON.stringify(rule) });
    expect([added.status, await added.json()]).toEqual([201, { id: 1, rule, matched: 0 }]);
    const ada = await bench.dial(await bench.url({ userId: "ada" }), jsonName);
    await bench.logged((line) => line.type === "connected");
    ada.send({ type: "ping" });
    const bob = await bench.plain();
    await bob.settled();
    expect(await (await fetch(url)).json()).toMatchObject({ rules: [{ id: 1, rule }] });
    expect((await fetch(`${url}/1`, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(`${url}/1`, { method: "DELETE" })).status).toBe(404);
    await fetch(url, { method: "POST", headers: json, body: JSON.stringify(rule) });
    expect((await fetch(url, { method: "DELETE" })).status).toBe(204);
    expect(await (await fetch(url)).json()).toEqual({ rules: [] });
  });

  test("restart", async () => {
    const bench = await Bench.start({ faults: true });
    const ada = await bench.plain();
    const url = `${bench.service.endpoint}/faults/restart`;
    expect((await fetch(url, { method: "POST", headers: json, body: "{}" })).status).toBe(202);
    expect((await ada.closed).code).toBe(1006);
  });

  test.each<[string, RequestInit, string, number]>([
    ["no rule", { method: "POST", headers: json, body: "{}" }, "", 400],
    ["no JSON", { method: "POST", headers: json, body: "{" }, "", 400],
    ["10,000 deep", { method: "POST", headers: json, body: "[".repeat(8_000) }, "", 400],
    ["too long", { method: "POST", headers: json, body: `"${"x".repeat(20_000)}"` }, "", 413],
    ["a form of another site", { method: "POST", body: "{}" }, "", 415],
    ["a wrong method", { method: "PUT", headers: json, body: "{}" }, "", 404],
    ["a wrong path", { method: "DELETE" }, "/x", 404],
    ["a time too long", { method: "POST", headers: json, body: '{"downMs":1e9}' }, "/restart", 400],
  ])("%s is refused with a sentence", async (_name, init, path, status) => {
    const bench = await Bench.start({ faults: true });
    const answer = await fetch(`${bench.service.endpoint}/faults${path}`, init);
    expect(answer.status).toBe(status);
    expect((await answer.json()).message).toMatch(/\w+ \w+/);
    expect(bench.service.faults.rules).toEqual([]);
  });

  test("without the option they are refused, saying what to do", async () => {
    const bench = await Bench.start();
    const answer = await fetch(`${bench.service.endpoint}/faults`);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("--faults")]);
  });

  test("the option is refused on an address that others reach", async () => {
    const started = startService({ port: 0, host: "0.0.0.0", faults: true });
    await expect(started).rejects.toMatchObject({ code: "faults-exposed" });
  });

  test("a name of the internet that points here, and a proxy, are refused", async () => {
    const bench = await Bench.start({ faults: true });
    for (const headers of [{ "x-forwarded-for": "203.0.113.1" }, { forwarded: "for=203.0.113.1" }]) {
      expect((await fetch(`${bench.service.endpoint}/faults`, { headers })).status).toBe(403);
    }
  });
});
