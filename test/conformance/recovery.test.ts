import { describe, expect, test } from "vitest";
import { Bench, hubName, jsonName, type Plain, reliableName } from "./harness.ts";

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

function recoveryUrl(base: string, client: Plain): string {
  const url = new URL(base);
  url.searchParams.append("awps_connection_id", client.id);
  url.searchParams.append("awps_reconnection_token", client.connected.reconnectionToken ?? "");
  return url.toString();
}

describe("the official client recovers", () => {
  test("after a cut: the same connection, nothing lost, nothing twice, permissions and groups kept", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all });
    const bob = await bench.sdk({ groups: ["g"] });
    await bench.admin.grantPermission(bob.id, "joinLeaveGroup", { targetName: "h" });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10; i++) await ada.client.sendToGroup("g", round * 20 + i, "json");
      expect(bench.service.cut(bob.id)).toBe(true);
      for (let i = 10; i < 20; i++) await ada.client.sendToGroup("g", round * 20 + i, "json");
      await bob.received((round + 1) * 20);
    }
    expect(bob.messages).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect(bob.ids).toHaveLength(1);
    expect(bob.disconnects).toBe(0);
    await bob.client.joinGroup("h");
    expect(bench.log.filter((line) => line.type === "recovered").length).toBeGreaterThanOrEqual(3);
  });

  test("a refused recovery (1008) leads to a new connection that joins its groups again", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all });
    await ada.client.joinGroup("g");
    const old = ada.id;
    bench.service.cut(old);
    bench.service.hub(hubName).server.closeConnection(old, "gone");
    await ada.connected(2);
    expect(ada.id).not.toBe(old);
    expect(ada.disconnects).toBe(1);
    await bench.admin.group("g").sendToAll("again", { contentType: "text/plain" });
    await ada.received(1);
    expect(ada.messages).toEqual(["again"]);
    expect(bench.log.some((line) => line.type === "recovery-refused")).toBe(true);
  });

  test("a REST close ends with 1000 and a message; the recovery it then tries is refused; it connects anew", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ roles: all });
    await bench.admin.closeConnection(ada.id, { reason: "bye" });
    await ada.connected(2);
    expect(new Set(ada.ids).size).toBe(2);
  });

  test("the messages it received are acknowledged", async () => {
    const bench = await Bench.start();
    const ada = await bench.sdk({ groups: ["g"] });
    for (let i = 0; i < 5; i++) await bench.admin.group("g").sendToAll({ i });
    const connection = bench.service.hub(hubName).connections.get(ada.id);
    expect(connection?.session?.unacked).toBeGreaterThan(0);
    await expect.poll(() => connection?.session?.unacked, { timeout: 5_000 }).toBe(0);
  });
});

describe("a reliable connection", () => {
  test("is judged by its reconnection token alone: an expired access token does no harm", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] }, reliableName);
    ada.ws.terminate();
    await bench.logged((line) => line.type === "detached");
    await bench.admin.group("g").sendToAll({ missed: true });
    const url = `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}?access_token=expired`;
    const again = await bench.dial(recoveryUrl(url, ada), reliableName);
    expect(await again.next()).toBe(
      '{"sequenceId":1,"type":"message","from":"group","group":"g","dataType":"json","data":{"missed":true}}',
    );
    again.send({ type: "sequenceAck", sequenceId: 1 });
    expect(await again.settled()).toEqual([]);
  });

  test.each([
    ["no code (1005): kept", (client: Plain) => client.ws.close(), "detached"],
    ["1001: kept", (client: Plain) => client.ws.close(1001), "detached"],
    ["1000: final", (client: Plain) => client.ws.close(1000), "disconnected"],
  ])("closed with %s", async (_name, close, expected) => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada" }, reliableName);
    close(ada);
    await bench.logged((line) => line.type === expected);
    expect(await bench.admin.connectionExists(ada.id)).toBe(expected === "detached");
  });

  test("is gone when its window is over", async () => {
    const bench = await Bench.start({ limits: { recoveryMs: 20 } });
    const ada = await bench.plain({ userId: "ada" }, reliableName);
    ada.ws.terminate();
    expect(await bench.ended(ada.id)).toMatchObject({ reason: "The connection recovery timeout expired." });
    expect(await bench.admin.userExists("ada")).toBe(false);
    const again = await bench.dial(recoveryUrl(await bench.url(), ada), reliableName);
    expect((await again.closed).code).toBe(1008);
  });

  test.each([
    ["a wrong token", (url: string) => `${url}x`],
    ["another hub", (url: string) => url.replace(`/hubs/${hubName}`, "/hubs/other")],
    ["no token", (url: string) => url.replace(/&awps_reconnection_token=.*/, "")],
    ["an unknown id", (url: string) => url.replace(/awps_connection_id=/, "awps_connection_id=x")],
  ])("refuses with 1008 after accepting: %s", async (_name, change) => {
    const bench = await Bench.start();
    const ada = await bench.plain({}, reliableName);
    const again = await bench.dial(change(recoveryUrl(await bench.url(), ada)), reliableName);
    expect((await again.closed).code).toBe(1008);
    expect(await ada.settled()).toEqual([]);
  });

  test("cannot be recovered over another subprotocol; a new transport replaces a live one", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({}, reliableName);
    const url = recoveryUrl(await bench.url(), ada);
    expect((await (await bench.dial(url, jsonName)).closed).code).toBe(1008);
    const again = await bench.dial(url, reliableName);
    expect((await ada.closed).code).toBe(1006);
    expect(await again.settled()).toEqual([]);
  });

  test("over 1000 unacknowledged messages ends it for good", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] }, reliableName);
    const { server } = bench.service.hub(hubName);
    for (let i = 0; i < 1_001; i++) server.sendToGroup("g", { dataType: "json", literal: String(i) });
    expect((await ada.closed).code).toBe(1008);
    const again = await bench.dial(recoveryUrl(await bench.url(), ada), reliableName);
    expect((await again.closed).code).toBe(1008);
  });
});

test("a connection that is not reliable ends with its transport", async () => {
  const bench = await Bench.start();
  const ada = await bench.plain({ userId: "ada" });
  bench.service.cut(ada.id);
  await bench.ended(ada.id);
  expect(await bench.admin.userExists("ada")).toBe(false);
});
