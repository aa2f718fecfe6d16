import { Readable } from "node:stream";
import { AzureKeyCredential, type WebPubSubGroup, WebPubSubServiceClient } from "@azure/web-pubsub";
import { describe, expect, test } from "vitest";
import { Bench, hubName, reliableName, secondaryKey } from "./harness.ts";

const text = { contentType: "text/plain" } as const;

/** The names of the methods that were called through what `record` answers. */
function recorder(): { called: Set<string>; record<T extends object>(kind: string, target: T): T } {
  const called = new Set<string>();
  const record = <T extends object>(kind: string, target: T): T =>
    new Proxy(target, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        called.add(`${kind}.${String(name)}`);
        return value.bind(target);
      },
    });
  return { called, record };
}

function methods(kind: string, instance: object): string[] {
  const prototype: object = Object.getPrototypeOf(instance);
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== "constructor")
    .map((name) => `${kind}.${name}`);
}

describe("@azure/web-pubsub, unmodified", () => {
  test("every method that it has", async () => {
    const bench = await Bench.start();
    const { called, record } = recorder();
    const admin = record("client", bench.admin);
    const group: WebPubSubGroup = record("group", admin.group("g"));
    const [ada, bob] = await Promise.all([
      bench.plain({ userId: "ada" }),
      bench.plain({ userId: "bob" }, reliableName),
    ]);
    const target = { targetName: "g" };

    await group.addConnection(ada.id);
    await group.addUser("bob");
    expect(await admin.groupExists("g")).toBe(true);
    expect(await admin.userExists("ada")).toBe(true);
    expect(await admin.connectionExists(bob.id)).toBe(true);
    const members: string[] = [];
    for await (const member of await group.listConnections()) members.push(member.userId ?? "");
    expect(members.toSorted()).toEqual(["ada", "bob"]);

    await admin.sendToAll({ all: 1 }, { messageTtlSeconds: 300 });
    await group.sendToAll([1], { messageTtlSeconds: 0 });
    await admin.sendToUser("ada", "user", { ...text, messageTtlSeconds: 60 });
    await admin.sendToConnection(ada.id, "connection", { ...text, messageTtlSeconds: 1 });
    const received = (await ada.settled()).map((frame) => JSON.parse(frame).data);
    expect(received).toEqual([{ all: 1 }, [1], "user", "connection"]);

    await admin.grantPermission(ada.id, "joinLeaveGroup", target);
    expect(await admin.hasPermission(ada.id, "joinLeaveGroup", target)).toBe(true);
    await admin.revokePermission(ada.id, "joinLeaveGroup", target);
    expect(await admin.hasPermission(ada.id, "joinLeaveGroup", target)).toBe(false);

    await group.removeConnection(ada.id);
    await group.removeUser("bob");
    expect(await admin.groupExists("g")).toBe(false);
    await admin.addConnectionsToGroups(["g", "h"], "userId eq 'ada'");
    await admin.removeConnectionsFromGroups(["g"], "userId eq 'ada'");
    expect([await admin.groupExists("g"), await admin.groupExists("h")]).toEqual([false, true]);
    await admin.removeConnectionFromAllGroups(ada.id);
    expect(await admin.groupExists("h")).toBe(false);
    await group.addUser("ada");
    await admin.removeUserFromAllGroups("ada");
    expect(await admin.groupExists("g")).toBe(false);

    const access = await admin.getClientAccessToken({ userId: "eve", groups: ["g"], expirationTimeInMinutes: 5 });
    const eve = await bench.dial(access.url, reliableName);
    expect(await eve.next()).toContain('"userId":"eve"');
    await group.closeAllConnections({ reason: "group" });
    expect(await eve.next()).toContain("Reason: group");
    await admin.closeConnection(ada.id, { reason: "connection" });
    expect(await ada.next()).toContain("Reason: connection");
    await admin.closeUserConnections("bob", { reason: "user" });
    await bob.closed;
    await admin.closeAllConnections({ reason: "all" });

    expect([...called].toSorted()).toEqual(
      [...methods("client", bench.admin), ...methods("group", bench.admin.group("g"))].toSorted(),
    );
  });

  test("every kind of payload", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada" });
    const bytes = new Uint8Array([0, 1, 255]);
    await bench.admin.sendToAll("text as JSON" as unknown as object);
    await bench.admin.sendToAll("ü😀", text);
    await bench.admin.sendToAll("", text);
    await bench.admin.sendToAll(7 as unknown as object);
    await bench.admin.sendToAll(bytes);
    await bench.admin.sendToUser("ada", bytes.buffer);
    await bench.admin.sendToConnection(ada.id, new DataView(bytes.buffer, 1));
    await bench.admin.sendToAll(() => Readable.from([Buffer.from(bytes)]));
    expect((await ada.settled()).map((frame) => JSON.parse(frame))).toEqual(
      [
        { dataType: "json", data: "text as JSON" },
        { dataType: "text", data: "ü😀" },
        { dataType: "text", data: "" },
        { dataType: "json", data: 7 },
        { dataType: "binary", data: "AAH/" },
        { dataType: "binary", data: "AAH/" },
        { dataType: "binary", data: "Af8=" },
        { dataType: "binary", data: "AAH/" },
      ].map((message) => ({ type: "message", from: "server", ...message })),
    );
  });

  test("with the secondary key", async () => {
    const bench = await Bench.start();
    const admin = new WebPubSubServiceClient(bench.service.endpoint, new AzureKeyCredential(secondaryKey), hubName, {
      allowInsecureConnection: true,
    });
    const ada = await bench.dial((await admin.getClientAccessToken({ userId: "ada" })).url, reliableName);
    await ada.next();
    expect(await admin.userExists("ada")).toBe(true);
  });

  test("with a key that is not of the service: every call is 401 and not tried again", async () => {
    const bench = await Bench.start();
    const admin = new WebPubSubServiceClient(bench.service.endpoint, new AzureKeyCredential("x".repeat(40)), hubName, {
      allowInsecureConnection: true,
    });
    await expect(admin.sendToAll("x", text)).rejects.toMatchObject({ statusCode: 401, code: "Error.Unauthorized" });
    await expect(admin.userExists("ada")).rejects.toMatchObject({ statusCode: 401 });
    await expect(admin.closeAllConnections()).rejects.toMatchObject({ statusCode: 401 });
  });

  test("behind a proxy: the tokens name the host that clients know, the requests come to another", async () => {
    const bench = await Bench.start({ hosts: ["gateway.example"] });
    const admin = new WebPubSubServiceClient("http://gateway.example", new AzureKeyCredential(secondaryKey), hubName, {
      allowInsecureConnection: true,
      reverseProxyEndpoint: bench.service.endpoint,
    });
    const access = await admin.getClientAccessToken({ userId: "ada", groups: ["g"] });
    expect(access.baseUrl).toBe(`ws://gateway.example/client/hubs/${hubName}`);
    const ada = await bench.dial(access.url.replace("ws://gateway.example", bench.service.endpoint), reliableName);
    expect(await ada.next()).toContain('"userId":"ada"');
    await admin.group("g").sendToAll("x", { ...text, filter: "userId eq 'ada'" });
    expect(await ada.settled()).toHaveLength(1);
    const stranger = new WebPubSubServiceClient("http://other.example", new AzureKeyCredential(secondaryKey), hubName, {
      allowInsecureConnection: true,
      reverseProxyEndpoint: bench.service.endpoint,
    });
    await expect(stranger.sendToAll("x", text)).rejects.toMatchObject({ statusCode: 401 });
  });

  test("the hub in any case and of any characters", async () => {
    const bench = await Bench.start();
    for (const hub of ["a", "A_b`c,d.e[f]", `h${"9".repeat(127)}`]) {
      const admin = new WebPubSubServiceClient(bench.service.connectionString, hub, { allowInsecureConnection: true });
      const shout = new WebPubSubServiceClient(bench.service.connectionString, hub.toUpperCase(), {
        allowInsecureConnection: true,
      });
      const ada = await bench.dial((await shout.getClientAccessToken({ userId: "ada" })).url, reliableName);
      await ada.next();
      expect(await admin.userExists("ada"), hub).toBe(true);
      await shout.sendToAll("x", text);
      expect(await ada.settled(), hub).toHaveLength(1);
    }
  });
});
