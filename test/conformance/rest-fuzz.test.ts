import { Agent, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { Bench, hubName, reliableName, sign } from "./harness.ts";

/** Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const methods = "GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS";
const operations =
  "POST :send|POST :addToGroups|POST :removeFromGroups|POST groups/g/:send|POST users/u/:send|HEAD users/u|HEAD groups/g|GET groups/g/connections|PUT users/u/groups/h|DELETE users/u/groups/h|PUT permissions/sendToGroup/connections/c|DELETE users/u/groups|DELETE connections/c";
const segments =
  ":send|:closeConnections|:addToGroups|:removeFromGroups|:generateToken|connections|groups|users|permissions|sendToGroup|joinLeaveGroup|g|u|%2F|%00|%|%C3|%FF|..|.|__proto__|%20||*|'";
const parameters =
  "filter=true|filter='g'%20in%20groups|filter=userId%20eq%20null|filter=(((|filter=%00|filter=|excluded=x|excluded=|messageTtlSeconds=1|messageTtlSeconds=x|maxpagesize=1|maxpagesize=0|top=2|continuationToken=%FF|continuationToken=AAAA|targetName=g|targetName=|reason=%00r|api-version=2024-12-01|api-version=x|%=%|&&|=|__proto__=1";
const types =
  "application/json|text/plain|application/octet-stream|text/plain; charset=utf-16le|text/plain; charset=x|;|a/b";
const bodies = `{"groups":["g"]}|{"groups":["g"],"filter":"userId ne null"}|{"groups":[{}]}|[|${"[".repeat(5_000)}|\u0000|ü|`;

test("1000 random calls with a good token: each gets an answer that is no fault, and the service stays whole", async () => {
  const seed = Number(process.env["SEED"] ?? 1);
  const random = randomFrom(seed);
  const pick = (list: string) => {
    const items = list.split("|");
    return items[random(items.length)] ?? "";
  };
  const bench = await Bench.start();
  const { port, endpoint } = bench.service;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  onTestFinished(() => agent.destroy());
  const authorization = `Bearer ${sign({ aud: endpoint, exp: Math.floor(Date.now() / 1000) + 600 })}`;

  const call = (): Promise<[line: string, status: number, code: unknown]> => {
    const wild = random(2) === 0;
    const [verb = "", known = ""] = pick(operations).split(" ");
    const method = wild ? pick(methods) : verb;
    const below = wild ? Array.from({ length: 1 + random(5) }, () => pick(segments)).join("/") : known;
    const query = Array.from({ length: random(4) }, () => pick(parameters)).join("&");
    const path = `/api/hubs/${random(10) === 0 ? pick(segments) : hubName}/${below}${query === "" ? "" : `?${query}`}`;
    const body = Buffer.from(pick(bodies), random(2) === 0 ? "utf8" : "latin1");
    const headers = {
      authorization,
      "content-type": pick(types),
      "content-length": body.length,
      "x-webpubsub-metadata-k": pick("v|v, w|"),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: "127.0.0.1", port, agent, method, path, headers }, (response) => {
        response.resume();
        response.on("end", () =>
          resolve([`${method} ${path}`, response.statusCode ?? 0, response.headers["x-ms-error-code"]]),
        );
      });
      outgoing.on("error", (error) => reject(new Error(`seed ${seed}: ${method} ${path}`, { cause: error })));
      outgoing.end(body);
    });
  };

  const statuses = new Set<number>();
  for (let round = 0; round < 125; round++) {
    await bench.plain({ userId: "u", groups: ["g"] }, reliableName);
    for (const [line, status, code] of await Promise.all(Array.from({ length: 8 }, call))) {
      statuses.add(status);
      expect([200, 202, 204, 400, 401, 404, 405, 409, 415], `seed ${seed}: ${line}`).toContain(status);
      if (status >= 400) expect(code, `seed ${seed}: ${line}`).toMatch(/^(Error|Info|Warning)\./);
    }
    bench.service.hub(hubName).server.closeAll();
  }
  expect([...statuses].toSorted(), `seed ${seed}`).toEqual(expect.arrayContaining([200, 202, 204, 400, 404, 405, 415]));
  expect(bench.log.filter((line) => line.type === "fault")).toEqual([]);
});

test("a call that is refused before its body was read leaves the line usable for the next", async () => {
  const bench = await Bench.start();
  const { port, endpoint } = bench.service;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const authorization = `Bearer ${sign({ aud: endpoint, exp: Math.floor(Date.now() / 1000) + 60 })}`;
  const post = (path: string, body: Buffer): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, "content-type": "text/plain" };
      const outgoing = request({ host: "127.0.0.1", port, agent, method: "POST", path, headers }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  const send = `/api/hubs/${hubName}/:send`;
  const long = Buffer.alloc(1024 * 1024, "a");
  for (let round = 0; round < 5; round++) {
    expect(await post(`${send}?filter=x`, long)).toBe(400);
    expect(await post(send, long)).toBe(202);
    expect(await post(send, Buffer.concat([long, Buffer.from("a")]))).toBe(400);
    expect(await post(`/api/hubs/1st/:send`, long)).toBe(400);
    expect(await post("/api/nothing", long)).toBe(404);
  }
});
