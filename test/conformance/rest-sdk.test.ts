import { describe, expect, test } from "vitest";
import { Bench, hubName, reliableName } from "./harness.ts";

const text = { contentType: "text/plain" } as const;

describe("@azure/web-pubsub sends", () => {
  test("to all, a group, a user, a connection, with exclusions", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada", groups: ["g"] });
    const bob = await bench.plain({ userId: "bob", groups: ["g"] });
    const data = async (client: typeof ada) => (await client.settled()).map((frame) => JSON.parse(frame).data);
    await bench.admin.sendToAll("all", { ...text, excludedConnections: [bob.id] });
    await bench.admin.group("g").sendToAll("group", { ...text, excludedConnections: [bob.id, "unknown"] });
    await bench.admin.sendToUser("bob", "user", text);
    await bench.admin.sendToConnection(ada.id, "connection", text);
    await bench.admin.sendToUser("nobody", "lost", text);
    await bench.admin.sendToConnection("nobody", "lost", text);
    await bench.admin.group("empty").sendToAll("lost", text);
    expect(await data(ada)).toEqual(["all", "group", "connection"]);
    expect(await data(bob)).toEqual(["user"]);
  });

  test("names with every kind of character", async () => {
    const bench = await Bench.start();
    const name = "a/b?c#d%2F ü'&=+.*";
    const ada = await bench.plain({ userId: name, groups: [name] });
    expect(await bench.admin.userExists(name)).toBe(true);
    expect(await bench.admin.groupExists(name)).toBe(true);
    await bench.admin.sendToUser(name, "user", text);
    await bench.admin.group(name).sendToAll("group", text);
    expect(await ada.settled()).toHaveLength(2);
  });

  test("hub names ignore case, groups and users do not", async () => {
    const bench = await Bench.start();
    await bench.plain({ userId: "ada", groups: ["g"] });
    expect(bench.service.hub(hubName.toUpperCase())).toBe(bench.service.hub(hubName.toLowerCase()));
    expect(await bench.admin.userExists("Ada")).toBe(false);
    expect(await bench.admin.groupExists("G")).toBe(false);
  });
});

describe("@azure/web-pubsub groups", () => {
  test("add and remove connections and users", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada" });
    const group = bench.admin.group("g");
    await group.addConnection(ada.id);
    expect(await bench.admin.groupExists("g")).toBe(true);
    await group.removeConnection(ada.id);
    await group.removeConnection(ada.id);
    expect(await bench.admin.groupExists("g")).toBe(false);
    await group.addUser("ada");
    expect(await bench.admin.groupExists("g")).toBe(true);
    await group.removeUser("ada");
    expect(await bench.admin.groupExists("g")).toBe(false);
    await bench.admin.group("a").addConnection(ada.id);
    await bench.admin.removeUserFromAllGroups("ada");
    await bench.admin.group("b").addConnection(ada.id);
    await bench.admin.removeConnectionFromAllGroups(ada.id);
    expect([await bench.admin.groupExists("a"), await bench.admin.groupExists("b")]).toEqual([false, false]);
  });

  test("adding what is not there is 404", async () => {
    const bench = await Bench.start();
    await expect(bench.admin.group("g").addConnection("nobody")).rejects.toMatchObject({
      statusCode: 404,
      code: "Error.Connection.NotExisted",
    });
    await expect(bench.admin.group("g").addUser("nobody")).rejects.toMatchObject({ statusCode: 404 });
  });

  test("lists members page by page, in order, up to top", async () => {
    const bench = await Bench.start();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.push((await bench.plain({ userId: `user${i}`, groups: ["g"] })).id);
    const list = async (options: object) => {
      const found: string[] = [];
      for await (const member of await bench.admin.group("g").listConnections(options)) found.push(member.connectionId);
      return found;
    };
    expect(await list({})).toEqual([...ids].sort());
    expect(await list({ maxPageSize: 2 })).toEqual([...ids].sort());
    expect(await list({ maxPageSize: 2, top: 5 })).toEqual([...ids].sort().slice(0, 5));
    const page = await bench.rest("GET", `/api/hubs/${hubName}/groups/g/connections?maxpagesize=1`);
    expect(await page.json()).toMatchObject({ value: [{ connectionId: [...ids].sort()[0] }] });
  });
});

describe("@azure/web-pubsub permissions", () => {
  test("grant, check, revoke: at once, literally, surviving nothing it should not", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    let ackId = 0;
    const publish = async () => {
      ada.send({ type: "sendToGroup", group: "g", data: 1, ackId: ++ackId });
      return (await ada.settled()).at(-1)?.includes('"success":true');
    };
    expect(await publish()).toBe(false);
    await bench.admin.grantPermission(ada.id, "sendToGroup", { targetName: "g" });
    expect(await publish()).toBe(true);
    expect(await bench.admin.hasPermission(ada.id, "sendToGroup", { targetName: "g" })).toBe(true);
    expect(await bench.admin.hasPermission(ada.id, "sendToGroup", { targetName: "G" })).toBe(false);
    expect(await bench.admin.hasPermission(ada.id, "joinLeaveGroup", { targetName: "g" })).toBe(false);
    await bench.admin.revokePermission(ada.id, "sendToGroup", { targetName: "g" });
    expect(await publish()).toBe(false);
    expect(await bench.admin.groupExists("g")).toBe(true);
  });

  test("granting to a missing connection is 404, revoking from it is not an error", async () => {
    const bench = await Bench.start();
    const target = { targetName: "g" };
    await expect(bench.admin.grantPermission("nobody", "sendToGroup", target)).rejects.toMatchObject({
      statusCode: 404,
      code: "Info.Connection.NotExisted",
    });
    await bench.admin.revokePermission("nobody", "sendToGroup", target);
    expect(await bench.admin.hasPermission("nobody", "sendToGroup", target)).toBe(false);
  });

  test("too many single-group permissions are 409", async () => {
    const bench = await Bench.start({ limits: { groupPermissionsMax: 2 } });
    const ada = await bench.plain();
    for (const targetName of ["a", "b"]) await bench.admin.grantPermission(ada.id, "sendToGroup", { targetName });
    await expect(bench.admin.grantPermission(ada.id, "sendToGroup", { targetName: "c" })).rejects.toMatchObject({
      statusCode: 409,
      code: "Error.Connection.Conflict",
    });
  });

  test("a revoke takes one group out of a role for all groups, and a grant gives it back", async () => {
    const bench = await Bench.start({ limits: { groupPermissionsMax: 1 } });
    const ada = await bench.plain({ roles: ["webpubsub.sendToGroup"] });
    const has = (targetName: string) => bench.admin.hasPermission(ada.id, "sendToGroup", { targetName });
    await bench.admin.revokePermission(ada.id, "sendToGroup", { targetName: "a" });
    expect([await has("a"), await has("b")]).toEqual([false, true]);
    await expect(bench.admin.revokePermission(ada.id, "sendToGroup", { targetName: "b" })).rejects.toMatchObject({
      statusCode: 409,
      code: "Error.Connection.Conflict",
    });
    await bench.admin.grantPermission(ada.id, "sendToGroup", { targetName: "a" });
    await bench.admin.revokePermission(ada.id, "sendToGroup", { targetName: "b" });
    expect([await has("a"), await has("b")]).toEqual([true, false]);
  });
});

describe("@azure/web-pubsub closes", () => {
  test("a connection, a user, a group, all; what is excluded stays", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada" });
    const bob = await bench.plain({ userId: "bob", groups: ["g"] });
    const carol = await bench.plain({ userId: "carol" });
    const dora = await bench.plain({ userId: "dora" });
    await bench.admin.closeConnection("nobody");
    await bench.admin.closeUserConnections("ada", { reason: "r" });
    await bench.admin.group("g").closeAllConnections({ reason: "r" });
    expect(await Promise.all([ada.closed, bob.closed])).toEqual([
      { code: 1000, reason: "" },
      { code: 1000, reason: "" },
    ]);
    const excluded = await bench.rest("POST", `/api/hubs/${hubName}/:closeConnections?excluded=${dora.id}&reason=r`);
    expect(excluded.status).toBe(204);
    expect(await carol.closed).toMatchObject({ code: 1000 });
    expect(await dora.settled()).toEqual([]);
    await bench.admin.closeAllConnections();
    expect(await dora.closed).toMatchObject({ code: 1000 });
  });

  test("a detached reliable connection exists, takes sends, and can be closed", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada" }, reliableName);
    ada.ws.terminate();
    await bench.logged((line) => line.type === "detached");
    expect(await bench.admin.connectionExists(ada.id)).toBe(true);
    await bench.admin.sendToConnection(ada.id, "x", text);
    await bench.admin.closeConnection(ada.id);
    expect(await bench.admin.connectionExists(ada.id)).toBe(false);
  });
});
