import { describe, expect, test } from "vitest";
import { Bench, hubName, jsonName, secondaryKey, sign } from "./harness.ts";

const now = () => Math.floor(Date.now() / 1000);

function encode(part: unknown): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}

/** Takes the audience that would be right and answers the token that is not. */
type Forge = (aud: string) => string;

/** A good token, but for some of its parts. */
function forge(change: { header?: unknown; claims?: object | ((aud: string) => unknown); key?: string }): Forge {
  return (aud) => {
    const base = { aud, iat: now(), exp: now() + 60 };
    const claims = typeof change.claims === "function" ? change.claims(aud) : { ...base, ...change.claims };
    if (change.header === undefined) return sign(claims as object, change.key === undefined ? {} : { key: change.key });
    return `${encode(change.header)}.${sign(claims as object, change)
      .split(".")
      .slice(1)
      .join(".")}`;
  };
}

const good = forge({});
const parts = (aud: string) => good(aud).split(".") as [string, string, string];
const claimed = (claims: object | ((aud: string) => unknown)) => forge({ claims });

/** None of these opens either door: the upgrade of a client, and a REST call. */
const bad: readonly (readonly [name: string, forge: Forge])[] = [
  ["nothing", () => ""],
  ["a blank", () => "%20"],
  ["a word", () => "nonsense"],
  ["three words", () => "a.b.c"],
  ["dots alone", () => ".."],
  ["two parts", (aud) => parts(aud).slice(0, 2).join(".")],
  ["four parts", (aud) => `${good(aud)}.x`],
  ["far too long", (aud) => `${good(aud)}${"A".repeat(16 * 1024)}`.slice(0, 12 * 1024).replace(/\./g, "A")],
  ["a header that is no JSON", (aud) => `${encode("{")}.${parts(aud)[1]}.${parts(aud)[2]}`],
  ["a header that is a list", forge({ header: ["HS256"] })],
  ["a header that is null", forge({ header: null })],
  ["no alg", forge({ header: { typ: "JWT" } })],
  ["alg none, without a signature", (aud) => `${encode({ alg: "none" })}.${parts(aud)[1]}.`],
  ["alg none, with a signature", (aud) => sign({ aud, exp: now() + 60 }, { alg: "none" })],
  ["alg None", (aud) => sign({ aud, exp: now() + 60 }, { alg: "None" })],
  ["alg hs256", (aud) => sign({ aud, exp: now() + 60 }, { alg: "hs256" })],
  ["alg HS384", (aud) => sign({ aud, exp: now() + 60 }, { alg: "HS384", hash: "sha384" })],
  ["alg HS512", (aud) => sign({ aud, exp: now() + 60 }, { alg: "HS512", hash: "sha512" })],
  ["alg RS256, as Microsoft Entra ID signs", (aud) => sign({ aud, exp: now() + 60 }, { alg: "RS256" })],
  ["alg ES256", (aud) => sign({ aud, exp: now() + 60 }, { alg: "ES256" })],
  ["alg as a list", forge({ header: { alg: ["HS256"], typ: "JWT" } })],
  ["another key", forge({ key: "x".repeat(40) })],
  ["an empty key", forge({ key: "" })],
  ["a key that is decoded from base64", forge({ key: Buffer.from(secondaryKey, "base64").toString("latin1") })],
  ["the key with a blank", forge({ key: `${secondaryKey} ` })],
  [
    "a signature in hexadecimal",
    (aud) => `${parts(aud)[0]}.${parts(aud)[1]}.${Buffer.from(parts(aud)[2], "base64url").toString("hex")}`,
  ],
  ["no signature", (aud) => `${parts(aud)[0]}.${parts(aud)[1]}.`],
  ["a cut signature", (aud) => good(aud).slice(0, -4)],
  ["the signature of other claims", (aud) => `${parts(aud)[0]}.${parts(aud)[1]}.${parts(`${aud}x`)[2]}`],
  ["claims that were changed", (aud) => `${parts(aud)[0]}.${encode({ aud, exp: now() + 999_999 })}.${parts(aud)[2]}`],
  ["claims that are no JSON", (aud) => `${parts(aud)[0]}.${encode("{")}.${parts(aud)[2]}`],
  ["claims that are a list", claimed((aud) => [aud])],
  ["claims that are a number", claimed(() => 7)],
  ["no expiry", claimed((aud) => ({ aud }))],
  ["expiry null", claimed({ exp: null })],
  ["expiry as a text", claimed({ exp: "9999999999" })],
  ["expiry that is true", claimed({ exp: true })],
  ["expired long ago", claimed({ exp: 0 })],
  ["expired by more than the skew", claimed({ exp: now() - 310 })],
  ["not valid yet", claimed({ nbf: now() + 310 + 60, exp: now() + 3_600 })],
  ["a start that is a text", claimed({ nbf: "0" })],
  ["no audience", claimed(() => ({ exp: now() + 60 }))],
  ["an empty audience", claimed({ aud: "" })],
  ["an audience that is a number", claimed({ aud: 7 })],
  ["an empty list of audiences", claimed({ aud: [] })],
  ["an audience without a scheme", claimed((aud) => ({ aud: aud.replace("http://", ""), exp: now() + 60 }))],
  ["an ftp audience", claimed((aud) => ({ aud: aud.replace("http", "ftp"), exp: now() + 60 }))],
  ["another host", claimed((aud) => ({ aud: aud.replace("127.0.0.1", "127.0.0.2"), exp: now() + 60 }))],
  [
    "the host as a user name",
    claimed((aud) => ({
      aud: aud.replace("/api", "@evil.example/api").replace("/client", "@evil.example/client"),
      exp: now() + 60,
    })),
  ],
  ["another port", claimed((aud) => ({ aud: aud.replace(/:\d+\//, ":1/"), exp: now() + 60 }))],
  ["another hub", claimed((aud) => ({ aud: aud.replace(hubName, "other"), exp: now() + 60 }))],
  ["a hub that begins alike", claimed((aud) => ({ aud: aud.replace(hubName, hubName.slice(0, -1)), exp: now() + 60 }))],
  ["a hub that goes on", claimed((aud) => ({ aud: aud.replace(hubName, `${hubName}2`), exp: now() + 60 }))],
  ["the audience of Microsoft Entra ID", claimed({ aud: "https://webpubsub.azure.com" })],
  ["a path below", claimed((aud) => ({ aud: `${aud}/below`, exp: now() + 60 }))],
];

test("there are at least 40 bad tokens, each of its own kind", () => {
  expect(new Set(bad.map(([name]) => name)).size).toBe(bad.length);
  expect(bad.length).toBeGreaterThanOrEqual(40);
});

describe.each([
  ["client", `/client/hubs/${hubName}`],
  ["REST", `/api/hubs/${hubName}/:send`],
] as const)("the %s door", (door, path) => {
  /** The HTTP status: 101 or 202 where a good token leads. */
  async function knock(bench: Bench, token: string): Promise<number> {
    if (door === "REST") {
      const headers = { authorization: `Bearer ${token}`, "content-type": "text/plain" };
      const response = await fetch(`${bench.service.endpoint}${path}`, { method: "POST", body: "x", headers });
      expect(await response.text()).not.toContain("eyJ");
      return response.status;
    }
    const url = `${bench.service.endpoint.replace("http", "ws")}${path}?access_token=${token}`;
    if (token !== good(`${bench.service.endpoint}${path}`)) return (await bench.refusal(url)).status;
    await (await bench.dial(url, jsonName)).next();
    return 101;
  }

  test(`${bad.length} bad tokens are 401, and nothing of them is logged; a good one passes`, async () => {
    const bench = await Bench.start();
    const aud = `${bench.service.endpoint}${path}`;
    const statuses: [string, number][] = [];
    for (const [name, forgeBad] of bad) statuses.push([name, await knock(bench, forgeBad(aud))]);
    expect(statuses).toEqual(bad.map(([name]) => [name, 401]));
    expect(await knock(bench, good(aud))).toBe(door === "REST" ? 202 : 101);
    expect(JSON.stringify(bench.log)).not.toContain("eyJ");
    expect(bench.log.filter((line) => line.type === "fault")).toEqual([]);
  });
});

describe("a token for one door does not open the other", () => {
  test("client to REST, REST to client", async () => {
    const bench = await Bench.start();
    const client = good(`${bench.service.endpoint}/client/hubs/${hubName}`);
    const rest = good(`${bench.service.endpoint}/api/hubs/${hubName}`);
    const url = `${bench.service.endpoint}/api/hubs/${hubName}/:send`;
    const call = (token: string) =>
      fetch(url, { method: "POST", body: "x", headers: { authorization: `Bearer ${token}` } });
    expect((await call(client)).status).toBe(401);
    expect((await call(rest)).status).toBe(202);
    const door = `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}?access_token=`;
    expect((await bench.refusal(`${door}${rest}`)).status).toBe(401);
  });

  test("a refusal names the scheme and no secret", async () => {
    const bench = await Bench.start();
    const response = await bench.rest("POST", `/api/hubs/${hubName}/:send`, { aud: "http://other.example" });
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toMatchObject({ code: "Error.Unauthorized", target: "Request" });
  });
});
