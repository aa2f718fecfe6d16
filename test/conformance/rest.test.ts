import { describe, expect, test } from "vitest";
import { Bench, hubName, secondaryKey, sign } from "./harness.ts";

const base = `/api/hubs/${hubName}`;
const soon = () => Math.floor(Date.now() / 1000) + 60;

async function outcome(response: Response): Promise<[number, string | null]> {
  await response.arrayBuffer();
  return [response.status, response.headers.get("x-ms-error-code")];
}

test("health needs no token", async () => {
  const bench = await Bench.start();
  expect((await fetch(`${bench.service.endpoint}/api/health`, { method: "HEAD" })).status).toBe(200);
});

test.each([
  ["POST", `${base}/:send`, 202],
  ["POST", `${base}/:send?api-version=2021-10-01`, 202],
  ["POST", `${base}/users/u/:send`, 202],
  ["POST", `${base}/groups/g/:send`, 202],
  ["POST", `${base}/connections/c/:send`, 202],
  ["POST", `${base}/:closeConnections`, 204],
  ["POST", `${base}/groups/g/:closeConnections?reason=r`, 204],
  ["POST", `${base}/users/u/:closeConnections`, 204],
  ["DELETE", `${base}/connections/c?reason=r`, 204],
  ["DELETE", `${base}/connections/c/groups`, 204],
  ["DELETE", `${base}/groups/g/connections/c`, 204],
  ["DELETE", `${base}/permissions/SENDTOGROUP/connections/c?targetName=g`, 204],
  ["DELETE", `${base}/users/u/groups`, 204],
  ["DELETE", `${base}/users/u/groups/g`, 204],
  ["GET", `${base}/groups/g/connections`, 200],
])("%s %s is %d", async (method, path, status) => {
  const bench = await Bench.start();
  const init = path.includes(":send") ? { body: "hi", headers: { "content-type": "text/plain" } } : {};
  const response = await bench.rest(method, path, init);
  expect(await outcome(response)).toEqual([status, null]);
  expect(response.headers.get("api-supported-versions")).toContain("2024-12-01");
});

test.each([
  ["HEAD", `${base}/connections/c`, 404, "Info.Connection.NotExisted"],
  ["HEAD", `${base}/groups/g`, 404, "Warning.Group.NotExisted"],
  ["HEAD", `${base}/users/u`, 404, "Warning.User.NotExisted"],
  ["HEAD", `${base}/permissions/sendToGroup/connections/c?targetName=g`, 404, "Info.Connection.NotExisted"],
  ["PUT", `${base}/groups/g/connections/c`, 404, "Error.Connection.NotExisted"],
  ["PUT", `${base}/permissions/fly/connections/c?targetName=g`, 400, "Error.BadRequest"],
  ["PUT", `${base}/permissions/sendToGroup/connections/c`, 400, "Error.BadRequest"],
  ["POST", `${base}/:send?filter=userId%20lt%201`, 400, "Error.BadRequest"],
  ["POST", `${base}/:send?messageTtlSeconds=301`, 400, "Error.BadRequest"],
  ["POST", `${base}/:send?api-version=1999-01-01`, 400, "Error.BadRequest"],
  ["POST", `${base}/:send?api-version=2024-12-01&api-version=2024-12-01`, 400, "Error.BadRequest"],
  ["POST", `${base}/:generateToken`, 401, "Error.Unauthorized"],
  ["POST", "/api/hubs/1st/:send", 400, "Error.BadRequest"],
  ["POST", `${base}/groups/%20/:send`, 400, "Error.BadRequest"],
  ["POST", `${base}/groups/${"g".repeat(1_025)}/:send`, 400, "Error.BadRequest"],
  ["GET", `${base}/groups/g/connections?maxpagesize=201`, 400, "Error.BadRequest"],
  ["GET", `${base}/groups/g/connections?top=0`, 400, "Error.BadRequest"],
  ["GET", `${base}/:send`, 405, "Error.MethodNotAllowed"],
  ["POST", `${base}/:fly`, 404, "Error.NotFound"],
  ["POST", `${base}/groups/%/:send`, 404, "Error.NotFound"],
  ["POST", "/api", 404, "Error.NotFound"],
  ["POST", `${base}/:addToGroups`, 415, "Error.UnsupportedMediaType"],
])("%s %s is %d %s", async (method, path, status, code) => {
  const bench = await Bench.start();
  const response = await bench.rest(method, path);
  expect(response.headers.get("x-ms-error-code")).toBe(code);
  expect(response.status).toBe(status);
  if (method !== "HEAD") expect(await response.json()).toMatchObject({ code, message: expect.stringMatching(/\w/) });
});

describe("bodies", () => {
  test.each([
    ["application/json", '{"a":', 400],
    ["application/json", "", 400],
    ["application/json; charset=utf-8", '{"a":1}', 202],
    ["text/plain; charset=nonsense", "x", 415],
    ["text/plain", Buffer.from([0xff, 0xfe, 0xff]), 400],
    ["application/x-protobuf", "x", 415],
    ["text/html", "x", 415],
    ["application/octet-stream", "", 202],
    ["text/plain", "a".repeat(1024 * 1024), 202],
    ["text/plain", "a".repeat(1024 * 1024 + 1), 400],
    ["application/json", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, 202],
  ])("%s", async (type, body, status) => {
    const bench = await Bench.start();
    const response = await bench.rest("POST", `${base}/:send`, { body, headers: { "content-type": type } });
    expect((await outcome(response))[0]).toBe(status);
  });

  test("json goes out exactly as it came in; other charsets become UTF-8", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain();
    const json = '{ "b": 1.0,"a":[ "\\u00fc" ] }';
    await bench.rest("POST", `${base}/:send`, { body: json, headers: { "content-type": "application/json" } });
    expect(await ada.next()).toBe(`{"type":"message","from":"server","dataType":"json","data":${json}}`);
    const body = Buffer.from("ü", "latin1");
    await bench.rest("POST", `${base}/:send`, { body, headers: { "content-type": "text/plain; charset=iso-8859-1" } });
    expect(await ada.next()).toBe('{"type":"message","from":"server","dataType":"text","data":"ü"}');
    await bench.rest("POST", `${base}/:send`, { body: new Uint8Array([1, 2]) });
    expect(await ada.next()).toBe('{"type":"message","from":"server","dataType":"binary","data":"AQI="}');
  });

  test("all connections at once join and leave groups", async () => {
    const bench = await Bench.start();
    await bench.plain();
    const change = (operation: string, body: object) =>
      bench.rest("POST", `${base}/:${operation}`, {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
    expect((await change("addToGroups", { groups: ["a", "b"] })).status).toBe(200);
    expect([await bench.admin.groupExists("a"), await bench.admin.groupExists("b")]).toEqual([true, true]);
    expect((await change("removeFromGroups", { groups: ["a"] })).status).toBe(200);
    expect([await bench.admin.groupExists("a"), await bench.admin.groupExists("b")]).toEqual([false, true]);
    expect((await change("addToGroups", { groups: ["c"], filter: "userId lt 1" })).status).toBe(400);
    expect((await change("addToGroups", { groups: ["c", ""] })).status).toBe(400);
    expect((await change("addToGroups", { groups: "c" })).status).toBe(400);
    expect(await bench.admin.groupExists("c")).toBe(false);
  });
});

describe("tokens", () => {
  test.each<[string, (url: string) => string | undefined, number]>([
    ["the whole URL", (url) => sign({ aud: url, exp: soon() }), 202],
    ["without the query", (url) => sign({ aud: url.split("?")[0], exp: soon() }), 202],
    ["https instead of http", (url) => sign({ aud: url.replace("http", "https"), exp: soon() }), 202],
    ["the secondary key", (url) => sign({ aud: url, exp: soon() }, { key: secondaryKey }), 202],
    ["none", () => undefined, 401],
    ["no token at all", () => "nonsense", 401],
    ["another operation", (url) => sign({ aud: url.replace(":send", ":closeConnections"), exp: soon() }), 401],
    [
      "a client token",
      (url) => sign({ aud: url.replace(/\/api\/hubs\/(\w+).*/, "/client/hubs/$1"), exp: soon() }),
      401,
    ],
    ["no audience", () => sign({ exp: soon() }), 401],
    ["expired", (url) => sign({ aud: url, exp: soon() - 3_600 }), 401],
    ["no expiry", (url) => sign({ aud: url }), 401],
    ["another key", (url) => sign({ aud: url, exp: soon() }, { key: "x".repeat(40) }), 401],
    ["alg none", (url) => sign({ aud: url, exp: soon() }, { alg: "none" }), 401],
  ])("%s", async (_name, token, status) => {
    const bench = await Bench.start();
    const url = `${bench.service.endpoint}${base}/:send?api-version=2024-12-01`;
    const given = token(url);
    const headers = given === undefined ? {} : { authorization: `Bearer ${given}` };
    const response = await fetch(url, { method: "POST", body: "x", headers });
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain("eyJ");
  });

  test("a token may name a host that the service was told", async () => {
    const bench = await Bench.start({ hosts: ["proxy.example"] });
    const aud = `https://proxy.example${base}/:send`;
    expect((await bench.rest("POST", `${base}/:send`, { body: "x", aud })).status).toBe(202);
    const other = await bench.rest("POST", `${base}/:send`, { body: "x", aud: aud.replace("proxy", "other") });
    expect(other.status).toBe(401);
  });
});
