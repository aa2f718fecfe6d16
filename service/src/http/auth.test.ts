import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isClientAudience, isRestAudience } from "./audience.ts";
import { bearerToken, signingKeys, textList, verifyToken } from "./auth.ts";

const primary = "p".repeat(40);
const secondary = "s".repeat(40);
const keys = signingKeys([primary, secondary]);
const nowMs = 1_800_000_000_000;
const now = nowMs / 1000;

function encode(part: unknown): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}

function sign(
  claims: unknown,
  { header = { alg: "HS256", typ: "JWT" } as unknown, key = primary, hash = "sha256" } = {},
) {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
}

describe("verifyToken", () => {
  test.each([
    ["the primary key", sign({ exp: now + 60 })],
    ["the secondary key", sign({ exp: now + 60 }, { key: secondary })],
    ["expired less than 5 minutes ago", sign({ exp: now - 299 })],
    ["valid in less than 5 minutes", sign({ exp: now + 600, nbf: now + 299 })],
  ])("accepts %s", (_name, token) => {
    expect(verifyToken(token, keys, nowMs).ok).toBe(true);
  });

  const good = sign({ exp: now + 60 });
  test.each([
    ["nothing", "", "not a JSON Web Token"],
    ["two parts", "a.b", "not a JSON Web Token"],
    ["four parts", `${good}.x`, "not a JSON Web Token"],
    ["far too long", `${"a".repeat(20_000)}.b.c`, "not a JSON Web Token"],
    ["a header that is no JSON", `${encode("{")}.${encode({})}.x`, "header"],
    ["a header that is a list", sign({ exp: now + 60 }, { header: [] }), "header"],
    ["alg none without signature", `${encode({ alg: "none" })}.${encode({ exp: now + 60 })}.`, "HS256"],
    ["alg none with a good signature", sign({ exp: now + 60 }, { header: { alg: "none" } }), "HS256"],
    ["alg HS512", sign({ exp: now + 60 }, { header: { alg: "HS512" }, hash: "sha512" }), "HS256"],
    ["alg RS256", sign({ exp: now + 60 }, { header: { alg: "RS256" } }), "HS256"],
    ["alg in lower case", sign({ exp: now + 60 }, { header: { alg: "hs256" } }), "HS256"],
    ["a critical header", sign({ exp: now + 60 }, { header: { alg: "HS256", crit: ["x"] } }), "critical"],
    ["another key", sign({ exp: now + 60 }, { key: "x".repeat(40) }), "signature"],
    ["an empty signature", good.replace(/[^.]*$/, ""), "signature"],
    ["a cut signature", good.slice(0, -4), "signature"],
    ["changed claims", good.replace(/\.[^.]*\./, `.${encode({ exp: now + 999 })}.`), "signature"],
    ["claims that are no object", sign("7"), "claims"],
    ["no exp", sign({}), "exp"],
    ["exp as text", sign({ exp: String(now + 60) }), "exp"],
    ["expired", sign({ exp: now - 301 }), "expired"],
    ["nbf as text", sign({ exp: now + 60, nbf: "0" }), "nbf"],
    ["not valid yet", sign({ exp: now + 900, nbf: now + 301 }), "not valid yet"],
  ])("refuses %s", (_name, token, why) => {
    const verified = verifyToken(token, keys, nowMs);
    expect(verified.ok).toBe(false);
    expect(verified.ok ? "" : verified.problem).toContain(why);
  });

  test("a refusal never repeats the token", () => {
    const verified = verifyToken(sign({ exp: 0, secret: "x" }), keys, nowMs);
    expect(JSON.stringify(verified)).not.toMatch(/[A-Za-z0-9_-]{30,}/);
  });
});

test("the token comes from the query, its name in any case, or from the header", () => {
  expect(bearerToken(new URLSearchParams("ACCESS_TOKEN=a"), "Bearer b")).toBe("a");
  expect(bearerToken(new URLSearchParams(), "bearer b")).toBe("b");
  expect(bearerToken(new URLSearchParams(), "Basic b")).toBeUndefined();
  expect(bearerToken(new URLSearchParams(), undefined)).toBeUndefined();
});

test("a claim is one text or a list of them", () => {
  expect(textList("a")).toEqual(["a"]);
  expect(textList(["a", "b"])).toEqual(["a", "b"]);
  expect(textList(undefined)).toEqual([]);
  expect(textList([1])).toBeUndefined();
  expect(textList({})).toBeUndefined();
});

describe("audiences", () => {
  const hosts = ["127.0.0.1:8080", "proxy.example", "https://gateway.example/base/"];

  test.each<[unknown, boolean]>([
    ["http://127.0.0.1:8080/client/hubs/Chat", true],
    ["wss://proxy.example/client/hubs/chat/", true],
    ["HTTPS://PROXY.EXAMPLE/CLIENT/HUBS/CHAT", true],
    [["x", "ws://proxy.example/client/?hub=chat"], true],
    ["ftp://proxy.example/client/hubs/chat", false],
    ["http://other.example/client/hubs/chat", false],
    ["http://proxy.example/client/hubs/chat2", false],
    ["http://proxy.example/client/hubs/", false],
    ["http://proxy.example/api/hubs/chat/:send", false],
    [undefined, false],
    [{}, false],
  ])("client %s: %s", (aud, accepted) => {
    expect(isClientAudience(aud, "Chat", hosts)).toBe(accepted);
  });

  const url = "/api/hubs/Chat/groups/a%2Fb/:send?excluded=x&api-version=2024-12-01";
  test.each<[unknown, boolean]>([
    [`http://127.0.0.1:8080${url}`, true],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a%2Fb/:send", true],
    ["https://127.0.0.1:8080/api/hubs/chat/groups/a/b/:send", true],
    ["http://127.0.0.1:8080/api/hubs/Chat", true],
    ["http://127.0.0.1:8080", true],
    ["http://127.0.0.1:8080/", true],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a%2Fb", true],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a%2fb/", true],
    ["ws://proxy.example/api", true],
    ["wss://PROXY.example/API/hubs/chat/groups/A%2Fb/:Send", true],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/%61%2Fb/%3Asend?excluded=x&api-version=2024-12-01", true],
    ["https://gateway.example/base/api/hubs/Chat/groups/a%2Fb/:send", true],
    ["https://gateway.example/base/", true],
    [["nonsense", 7, "http://127.0.0.1:8080/api"], true],
    ["https://gateway.example/api/hubs/Chat", false],
    ["https://gateway.example", true],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a", false],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a/b", false],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a%2Fb/:send?excluded=x", false],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a%2Fb/:send?excluded=y&api-version=2024-12-01", false],
    ["http://127.0.0.1:8080/api/hubs/Chat/groups/a%2Fb/:send/more", false],
    ["http://127.0.0.1:8080@evil.example/api", false],
    ["http://127.0.0.1:80800/api", false],
    ["http://127.0.0.1:8080/api/hubs/%", false],
    ["127.0.0.1:8080/api/hubs/Chat", false],
    ["ftp://127.0.0.1:8080/api/hubs/Chat", false],
    [null, false],
    [[], false],
    ["http://127.0.0.1:8080/api/hubs/Cha", false],
    ["http://127.0.0.1:8080/client/hubs/Chat", false],
    ["http://127.0.0.1", false],
    ["http://", false],
    [7, false],
  ])("REST %s: %s", (aud, accepted) => {
    expect(isRestAudience(aud, url, hosts)).toBe(accepted);
  });
});
