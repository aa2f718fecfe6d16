import { odata } from "@azure/web-pubsub";
import { describe, expect, test } from "vitest";
import { Bench, hubName, jsonName, type Plain, reliableName } from "./harness.ts";

const text = { contentType: "text/plain" } as const;

async function three(bench: Bench): Promise<{ vic: Plain; bob: Plain; nobody: Plain }> {
  const vic = await bench.plain({ userId: "vic's", groups: ["g", "only's"] });
  const bob = await bench.plain({ userId: "bob", groups: ["g"] }, reliableName);
  return { vic, bob, nobody: await bench.plain({ groups: ["g"] }) };
}

async function data(client: Plain): Promise<unknown[]> {
  return (await client.settled()).map((frame) => JSON.parse(frame).data);
}

describe("@azure/web-pubsub with filters tagged by odata", () => {
  test("sends to all, to a group, to a user", async () => {
    const bench = await Bench.start();
    const { vic, bob, nobody } = await three(bench);
    const group = bench.admin.group("g");
    await bench.admin.sendToAll("vic", { ...text, filter: odata`userId eq ${"vic's"}` });
    await bench.admin.sendToAll("anonymous", { ...text, filter: odata`userId eq ${null}` });
    await bench.admin.sendToAll("short", { ...text, filter: odata`length(userId) lt ${5}` });
    await bench.admin.sendToAll("ids", { ...text, filter: odata`connectionId in (${bob.id}, ${nobody.id})` });
    await bench.admin.sendToAll("nobody", { ...text, filter: odata`${false}` });
    await group.sendToAll("group", { ...text, filter: odata`${"only's"} in groups or userId eq ${"bob"}` });
    await group.sendToAll("both", { ...text, filter: "true", excludedConnections: [vic.id, nobody.id] });
    await group.sendToAll("protocol", { ...text, filter: odata`protocol eq ${jsonName}` });
    await bench.admin.sendToUser("bob", "yes", { ...text, filter: odata`not (${"only's"} in groups)` });
    await bench.admin.sendToUser("bob", "no", { ...text, filter: odata`startswith(userId, ${"v"})` });
    expect(await data(vic)).toEqual(["vic", "group", "protocol"]);
    expect(await data(bob)).toEqual(["short", "ids", "group", "both", "yes"]);
    expect(await data(nobody)).toEqual(["anonymous", "ids", "protocol"]);
  });

  test("adds and removes connections", async () => {
    const bench = await Bench.start();
    const { vic, bob, nobody } = await three(bench);
    const members = (name: string) =>
      bench.service
        .hub(hubName)
        .server.groupMembers(name)
        .map(({ connectionId }) => connectionId);
    await bench.admin.addConnectionsToGroups(["a", "b"], odata`userId ne ${null} and ${"g"} in groups`);
    expect(members("a")).toEqual([vic.id, bob.id].sort());
    expect(members("b")).toEqual([vic.id, bob.id].sort());
    await bench.admin.removeConnectionsFromGroups(["a", "g"], odata`tolower(userId) eq ${"vic's"}`);
    expect(members("a")).toEqual([bob.id]);
    expect(members("g")).toEqual([bob.id, nobody.id].sort());
    await bench.admin.removeConnectionsFromGroups(["b"], "true");
    expect(await bench.admin.groupExists("b")).toBe(false);
  });

  test("a wrong filter changes nothing and says why", async () => {
    const bench = await Bench.start();
    const { vic } = await three(bench);
    const why = "Invalid syntax for 'userId lt 1': Type 'string', expect 'int'. (Parameter 'filter')";
    for (const call of [
      () => bench.admin.sendToAll("x", { ...text, filter: "userId lt 1" }),
      () => bench.admin.sendToUser("bob", "x", { ...text, filter: "userId lt 1" }),
      () => bench.admin.group("g").sendToAll("x", { ...text, filter: "userId lt 1" }),
      () => bench.admin.addConnectionsToGroups(["new"], "userId lt 1"),
      () => bench.admin.removeConnectionsFromGroups(["g"], "userId lt 1"),
    ]) {
      await expect(call()).rejects.toMatchObject({
        statusCode: 400,
        code: "Error.BadRequest",
        message: expect.stringContaining(why),
      });
    }
    expect(await vic.settled()).toEqual([]);
    expect(await bench.admin.groupExists("new")).toBe(false);
  });

  test("the operator > of the SDK's own example is no operator of the service", async () => {
    const bench = await Bench.start();
    await expect(bench.admin.sendToAll("x", { ...text, filter: "length(userId) > 3" })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining("character '>' is not valid at position 15"),
    });
  });
});

describe("lists", () => {
  test("the SDK pages through a group: by page, with top, over the default size, with names of every kind", async () => {
    const bench = await Bench.start();
    const name = "a/b?c#d%2F ü'&=+.*";
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await bench.plain({ userId: `user ${i}/ü`, groups: [name] })).id);
    ids.push((await bench.plain({ groups: [name] })).id);
    const sorted = ids.toSorted();
    const pages = async (options: object, settings: object) => {
      const list = await bench.admin.group(name).listConnections(options);
      const sizes: number[] = [];
      const found: string[] = [];
      for await (const page of list.byPage(settings)) {
        sizes.push(page.length);
        found.push(...page.map((member) => member.connectionId));
      }
      return { sizes, found };
    };
    expect(await pages({}, {})).toEqual({ sizes: [6], found: sorted });
    expect(await pages({ maxPageSize: 4 }, {})).toEqual({ sizes: [4, 2], found: sorted });
    expect(await pages({ maxPageSize: 2 }, {})).toEqual({ sizes: [2, 2, 2], found: sorted });
    expect(await pages({ maxPageSize: 2, top: 3 }, {})).toEqual({ sizes: [2, 1], found: sorted.slice(0, 3) });
    expect(await pages({ top: 6 }, {})).toEqual({ sizes: [6], found: sorted });
    const users: (string | undefined)[] = [];
    for await (const member of await bench.admin.group(name).listConnections()) users.push(member.userId);
    expect(users.toSorted()).toEqual(["user 0/ü", "user 1/ü", "user 2/ü", "user 3/ü", "user 4/ü", undefined]);
  });

  test("a page link is absolute, keeps the version, and belongs to its group", async () => {
    const bench = await Bench.start();
    for (let i = 0; i < 3; i++) await bench.plain({ groups: ["g", "h"] });
    const base = `/api/hubs/${hubName}/groups/g/connections`;
    const page = async (path: string) =>
      (await (await bench.rest("GET", path)).json()) as { value: unknown[]; nextLink?: string };
    const first = await page(`${base}?maxpagesize=2&api-version=2023-07-01&top=3`);
    expect(first.value).toHaveLength(2);
    const link = new URL(first.nextLink ?? "");
    expect(`${link.origin}${link.pathname}`).toBe(`${bench.service.endpoint}${base}`);
    expect(Object.fromEntries(link.searchParams)).toMatchObject({
      maxpagesize: "2",
      "api-version": "2023-07-01",
      top: "1",
    });
    const second = await page(`${link.pathname}${link.search}`);
    expect(second.value).toHaveLength(1);
    expect(second.nextLink).toBeUndefined();
    const behindProxy = await bench.rest("GET", `${base}?maxpagesize=1`, { headers: { "x-forwarded-proto": "https" } });
    expect(await behindProxy.json()).toMatchObject({ nextLink: expect.stringMatching(/^https:/) });
    const token = link.searchParams.get("continuationToken") ?? "";
    const other = `/api/hubs/${hubName}/groups/h/connections?continuationToken=`;
    expect((await bench.rest("GET", `${other}${token}`)).status).toBe(400);
  });

  test.each([
    "maxpagesize=0",
    "maxpagesize=201",
    "maxpagesize=x",
    "maxpagesize=",
    "maxpagesize=1&maxpagesize=1",
    "top=0",
    "top=2147483648",
    "top=-1",
    "top=1&top=1",
    "continuationToken=",
    "continuationToken=nonsense",
    "continuationToken=%00",
  ])("refuses %s", async (query) => {
    const bench = await Bench.start();
    expect((await bench.rest("GET", `/api/hubs/${hubName}/groups/g/connections?${query}`)).status).toBe(400);
  });
});
