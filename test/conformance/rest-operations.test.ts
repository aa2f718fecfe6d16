import { describe, expect, test } from "vitest";
import { Bench, hubName, reliableName } from "./harness.ts";

/** Every operation, by its number in the documentation of Azure, with names that fit and what the success is. */
const operations: readonly (readonly [number: number, method: string, path: string, status: number])[] = [
  [2, "POST", ":addToGroups", 200],
  [3, "POST", ":removeFromGroups", 200],
  [4, "POST", ":closeConnections", 204],
  [6, "POST", ":send", 202],
  [7, "DELETE", "connections/{id}", 204],
  [8, "HEAD", "connections/{id}", 200],
  [9, "POST", "connections/{id}/:send", 202],
  [10, "DELETE", "connections/{id}/groups", 204],
  [11, "HEAD", "groups/{group}", 200],
  [12, "POST", "groups/{group}/:closeConnections", 204],
  [13, "POST", "groups/{group}/:send", 202],
  [14, "GET", "groups/{group}/connections", 200],
  [15, "PUT", "groups/{group}/connections/{id}", 200],
  [16, "DELETE", "groups/{group}/connections/{id}", 204],
  [17, "PUT", "permissions/{permission}/connections/{id}?targetName=g", 200],
  [18, "HEAD", "permissions/{permission}/connections/{id}?targetName=g", 200],
  [19, "DELETE", "permissions/{permission}/connections/{id}?targetName=g", 204],
  [20, "HEAD", "users/{user}", 200],
  [21, "POST", "users/{user}/:closeConnections", 204],
  [22, "POST", "users/{user}/:send", 202],
  [23, "DELETE", "users/{user}/groups", 204],
  [24, "PUT", "users/{user}/groups/{group}", 200],
  [25, "DELETE", "users/{user}/groups/{group}", 204],
];

type Names = Readonly<Record<"id" | "group" | "user" | "permission", string>>;

const good: Names = { id: "c", group: "g", user: "u", permission: "sendToGroup" };

function fill(path: string, names: Names): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: keyof Names) => names[name]);
  return `/api/hubs/${hubName}/${filled}`;
}

function body(path: string): RequestInit {
  if (path.endsWith("Groups")) return { body: '{"groups":["g"]}', headers: { "content-type": "application/json" } };
  return path.endsWith(":send") ? { body: "hi", headers: { "content-type": "text/plain" } } : {};
}

async function outcome(response: Response): Promise<[status: number, code: string | null]> {
  await response.arrayBuffer();
  return [response.status, response.headers.get("x-ms-error-code")];
}

const badRequest = [400, "Error.BadRequest"];

describe.each(operations)("operation %d: %s %s", (_number, method, path, status) => {
  const and = path.includes("?") ? "&" : "?";

  test("succeeds, with every version and without one", async () => {
    const bench = await Bench.start();
    for (const version of ["", "2021-10-01", "2022-11-01", "2023-07-01", "2024-01-01", "2024-12-01"]) {
      const ada = await bench.plain({ userId: "u", groups: ["g"], roles: ["webpubsub.sendToGroup.g"] }, reliableName);
      const url = fill(path, { ...good, id: ada.id }) + (version === "" ? "" : `${and}API-Version=${version}`);
      const response = await bench.rest(method, url, body(path));
      expect(await outcome(response)).toEqual([status, null]);
      expect(response.headers.get("api-supported-versions")).toBe(
        "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01",
      );
      bench.service.hub(hubName).server.closeAll();
    }
  });

  test("refuses unknown and repeated versions, wrong hubs, wrong names, wrong methods", async () => {
    const bench = await Bench.start();
    const ask = async (url: string, verb = method) =>
      outcome(await bench.rest(verb, url, verb === "TRACE" ? {} : body(path)));
    const url = fill(path, good);
    expect(await ask(`${url}${and}api-version=1999-01-01`)).toEqual(badRequest);
    expect(await ask(`${url}${and}api-version=`)).toEqual(badRequest);
    expect(await ask(`${url}${and}api-version=2024-12-01&Api-Version=2024-12-01`)).toEqual(badRequest);
    for (const hub of ["1st", "a-b", "%20", "a%2Fb", "a".repeat(129), "%C3%A4"]) {
      expect(await ask(url.replace(hubName, hub)), hub).toEqual(badRequest);
    }
    if (path.includes("{group}")) {
      for (const group of ["%20", "%09%20", "g".repeat(1_025)]) {
        expect(await ask(fill(path, { ...good, group })), group).toEqual(badRequest);
      }
      expect((await ask(fill(path, { ...good, group: "g".repeat(1_024) })))[0]).not.toBe(400);
    }
    if (path.includes("{permission}")) {
      for (const permission of ["fly", "webpubsub.sendToGroup", "sendToGroups", "%20"]) {
        expect(await ask(fill(path, { ...good, permission })), permission).toEqual(badRequest);
      }
      for (const query of [
        "",
        "?targetName=",
        "?targetName=%20",
        `?targetName=${"g".repeat(1_025)}`,
        "?targetName=a&targetName=b",
      ]) {
        expect(await ask(url.replace(/\?.*/, query)), query).toEqual(badRequest);
      }
    }
    for (const name of ["id", "group", "user", "permission"] as const) {
      if (!path.includes(`{${name}}`)) continue;
      expect((await ask(fill(path, { ...good, [name]: "" })))[0], name).toSatisfy(
        (code) => code === 400 || code === 404,
      );
      expect(await ask(fill(path, { ...good, [name]: "%" })), name).toEqual([404, "Error.NotFound"]);
      expect(await ask(fill(path, { ...good, [name]: "%C3" })), name).toEqual([404, "Error.NotFound"]);
    }
    expect(await ask(url, "PATCH")).toEqual([405, "Error.MethodNotAllowed"]);
    expect(await ask(url.replace("?", "/more?"), method)).toSatisfy(
      ([code]: [number]) => code === 404 || !path.includes("?"),
    );
  });

  test("needs a token", async () => {
    const bench = await Bench.start();
    const response = await fetch(`${bench.service.endpoint}${fill(path, good)}`, { method, ...body(path) });
    expect(await outcome(response)).toEqual([401, "Error.Unauthorized"]);
  });
});

describe("operation 1: HEAD /api/health", () => {
  test("needs no token, but a known version", async () => {
    const bench = await Bench.start();
    const ask = async (query: string, method = "HEAD") =>
      outcome(await fetch(`${bench.service.endpoint}/api/health${query}`, { method }));
    expect(await ask("")).toEqual([200, null]);
    expect(await ask("?api-version=2024-12-01")).toEqual([200, null]);
    expect(await ask("?api-version=1999-01-01")).toEqual(badRequest);
    expect(await ask("", "POST")).toEqual([405, "Error.MethodNotAllowed"]);
  });
});

describe("operation 5: POST :generateToken", () => {
  test("refuses callers with an access key, and says what they do instead", async () => {
    const bench = await Bench.start();
    const response = await bench.rest("POST", `/api/hubs/${hubName}/:generateToken?userId=u`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      code: "Error.Unauthorized",
      message: expect.stringMatching(/Entra.*access key/),
    });
  });
});

describe("what is not there", () => {
  test.each([
    ["DELETE", "connections/nobody", 204, null],
    ["DELETE", "connections/nobody/groups", 204, null],
    ["POST", "connections/nobody/:send", 202, null],
    ["HEAD", "connections/nobody", 404, "Info.Connection.NotExisted"],
    ["HEAD", "groups/none", 404, "Warning.Group.NotExisted"],
    ["HEAD", "users/nobody", 404, "Warning.User.NotExisted"],
    ["PUT", "groups/g/connections/nobody", 404, "Error.Connection.NotExisted"],
    ["DELETE", "groups/g/connections/nobody", 204, null],
    ["PUT", "permissions/sendToGroup/connections/nobody?targetName=g", 404, "Info.Connection.NotExisted"],
    ["HEAD", "permissions/sendToGroup/connections/nobody?targetName=g", 404, "Info.Connection.NotExisted"],
    ["DELETE", "permissions/joinleavegroup/connections/nobody?targetName=g", 204, null],
    ["PUT", "users/nobody/groups/g", 404, "Error.User.NotExisted"],
    ["DELETE", "users/nobody/groups/g", 204, null],
    ["DELETE", "users/nobody/groups", 204, null],
    ["POST", "users/nobody/:closeConnections", 204, null],
    ["POST", "groups/none/:closeConnections", 204, null],
    ["POST", "groups/none/:send", 202, null],
  ])("%s %s is %d %s", async (method, path, status, code) => {
    const bench = await Bench.start();
    expect(await outcome(await bench.rest(method, fill(path, good), body(path)))).toEqual([status, code]);
  });

  test("a problem is a document of code, message and target; on HEAD the header alone", async () => {
    const bench = await Bench.start();
    const put = await bench.rest("PUT", fill("groups/g/connections/nobody", good));
    expect(await put.json()).toEqual({
      code: "Error.Connection.NotExisted",
      message: "Connection `nobody` is not found.",
      target: "Connection",
    });
    const head = await bench.rest("HEAD", fill("connections/nobody", good));
    expect([head.status, await head.text()]).toEqual([404, ""]);
  });
});

describe("bodies and parameters", () => {
  const sends = operations.filter(([, , path]) => path.endsWith(":send"));

  test.each(sends)("operation %d: %s %s refuses wrong times to live", async (_number, method, path) => {
    const bench = await Bench.start();
    const ask = async (ttl: string) =>
      outcome(await bench.rest(method, `${fill(path, good)}?messageTtlSeconds=${ttl}`, body(path)));
    for (const ttl of ["0", "300"]) expect(await ask(ttl), ttl).toEqual([202, null]);
    for (const ttl of ["-1", "301", "1.5", "x", "", "%20", "1e2", "5&messageTtlSeconds=5"]) {
      expect(await ask(ttl), ttl).toEqual(badRequest);
    }
  });

  test.each(sends.filter(([number]) => number !== 9))(
    "operation %d: %s %s looks at the filter before the body",
    async (_number, method, path) => {
      const bench = await Bench.start();
      const ask = async (filter: string, type: string) => {
        const url = `${fill(path, good)}?filter=${filter}`;
        const response = await bench.rest(method, url, { body: "{", headers: { "content-type": type } });
        return { status: response.status, ...((await response.json()) as object) };
      };
      for (const type of ["application/json", "text/html"]) {
        expect(await ask("invalid%20filter", type)).toEqual({
          status: 400,
          code: "Error.BadRequest",
          message:
            "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')",
          target: "Request",
        });
      }
      expect(await ask("true&filter=true", "text/plain")).toMatchObject({ status: 400 });
      expect(await ask("true", "text/html")).toMatchObject({ status: 415 });
      expect(await ask("", "application/json")).toMatchObject({
        status: 400,
        message: expect.stringContaining("JSON"),
      });
      expect(await ask(`userId%20eq%20'${"a".repeat(2_000)}'`, "text/plain")).toMatchObject({ status: 400 });
      expect(await ask("(".repeat(1_000), "text/plain")).toMatchObject({ status: 400 });
    },
  );

  test.each([":addToGroups", ":removeFromGroups"])("%s takes a list of groups and perhaps a filter", async (path) => {
    const bench = await Bench.start();
    const ask = async (text: string, type = "application/json") =>
      (await outcome(await bench.rest("POST", fill(path, good), { body: text, headers: { "content-type": type } })))[0];
    for (const text of ['{"groups":["a"]}', '{"groups":["a"],"filter":null}', '{"groups":["a"],"filter":""}']) {
      expect(await ask(text), text).toBe(200);
    }
    const wrong = ["", "{", "null", "7", "[]", "{}", '{"groups":[]}', '{"groups":"a"}', '{"groups":[7]}'];
    const wrongNames = ['{"groups":["a"," "]}', `{"groups":["${"g".repeat(1_025)}"]}`];
    const wrongFilters = ["7", "true", "[]", '"userId"', '"userId lt 1"', '"x"'].map(
      (f) => `{"groups":["a"],"filter":${f}}`,
    );
    for (const text of [...wrong, ...wrongNames, ...wrongFilters]) expect(await ask(text), text).toBe(400);
    expect(await ask('{"groups":["a"]}', "text/plain")).toBe(415);
  });

  test("metadata of the sender travels in headers", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain();
    const ask = async (headers: Record<string, string>) => {
      const init = { body: "x", headers: { "content-type": "text/plain", ...headers } };
      return (await outcome(await bench.rest("POST", fill(":send", good), init)))[0];
    };
    expect(await ask({ "X-WebPubSub-Metadata-Trace": " 7 " })).toBe(202);
    expect(JSON.parse(await ada.next())).toMatchObject({ data: "x", metadata: { trace: "7" } });
    expect(await ask({ "X-WebPubSub-Metadata-Trace": "v".repeat(1_025) })).toBe(400);
    expect(await ask({ "X-WebPubSub-Metadata-": "v" })).toBe(400);
    expect(await ask({ "X-WebPubSub-Metadata-Trace": "a, b ,  last one " })).toBe(202);
    expect(JSON.parse(await ada.next())).toMatchObject({ metadata: { trace: "last one" } });
    expect(await ada.settled()).toEqual([]);
  });
});
