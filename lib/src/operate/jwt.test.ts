import { createHmac } from "node:crypto";
import type { Request } from "express";
import { describe, expect, test } from "vitest";
import { authorizeByToken, verifyToken } from "./jwt.ts";

const secret = "a secret of at least thirty-two bytes for tests";
const nowS = 1_800_000_000;
const rules = { secret, audience: null, now: () => nowS * 1_000 };
const header = { alg: "HS256", typ: "JWT" };
const claims = { sub: "ada", role: "writer", documents: ["d", "team-*"], exp: nowS + 60 };

function part(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

function sign(head: unknown, body: unknown, { key = secret, hash = "sha256" } = {}): string {
  const text = `${part(head)}.${part(body)}`;
  return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
}

function authorized(token: string, document = "d", scheme = "Bearer", audience: string | null = null) {
  const request = { get: (name: string) => (name === "Authorization" ? `${scheme} ${token}` : undefined) };
  return authorizeByToken({ ...rules, audience })(request as unknown as Request, document);
}

describe("tokens of the application", () => {
  test("a sound token says who, with which role, in which documents", () => {
    expect(authorized(sign(header, { ...claims, name: "Ada", color: "#aa00ff" }))).toEqual({
      userId: "ada",
      role: "writer",
      name: "Ada",
      color: "#aa00ff",
    });
    expect(authorized(sign(header, claims), "team-1", "bearer")).toMatchObject({ userId: "ada" });
    expect(authorized(sign(header, { ...claims, aud: ["x", "y"] }), "d", "Bearer", "y")).not.toBeNull();
    expect(authorized(sign(header, { ...claims, exp: nowS - 59 }))).not.toBeNull();
    expect(authorized(sign(header, { ...claims, nbf: nowS + 59 }))).not.toBeNull();
  });

  const sound = sign(header, claims);
  const [head = "", body = "", signature = ""] = sound.split(".");
  test.each([
    ["alg none", `${part({ alg: "none" })}.${body}.`],
    ["alg none with the signature", `${part({ alg: "none" })}.${body}.${signature}`],
    ["alg none, signed", sign({ alg: "none" }, claims)],
    ["alg NONE, signed", sign({ alg: "NONE" }, claims)],
    ["alg hs256, signed", sign({ alg: "hs256" }, claims)],
    ["alg HS384", sign({ alg: "HS384" }, claims, { hash: "sha384" })],
    ["alg HS512", sign({ alg: "HS512" }, claims, { hash: "sha512" })],
    ["alg RS256, signed with the secret", sign({ alg: "RS256" }, claims)],
    ["alg ES256, signed with the secret", sign({ alg: "ES256" }, claims)],
    ["no alg", sign({ typ: "JWT" }, claims)],
    ["two algs", sign({ alg: ["HS256"] }, claims)],
    ["crit", sign({ ...header, crit: ["exp"] }, claims)],
    ["kid traversal, signed with an empty file", sign({ ...header, kid: "../../dev/null" }, claims, { key: "" })],
    ["jwk of its own", sign({ ...header, jwk: { kty: "oct", k: "AAAA" } }, claims, { key: "\0\0\0" })],
    ["another secret", sign(header, claims, { key: "another secret of at least thirty-two bytes" })],
    ["an empty secret", sign(header, claims, { key: "" })],
    ["no signature", `${head}.${body}.`],
    ["two parts", `${head}.${body}`],
    ["four parts", `${sound}.x`],
    ["one part", head],
    ["nothing", ""],
    ["dots", ".."],
    ["a signature cut short", sound.slice(0, -4)],
    ["a signature with padding", `${sound}=`],
    ["a second spelling of the signature", `${sound.slice(0, -1)}${sound.endsWith("A") ? "B" : "A"}`],
    ["a changed body", `${head}.${part({ ...claims, sub: "eve" })}.${signature}`],
    ["a changed header", `${part({ ...header, x: 1 })}.${body}.${signature}`],
    ["no exp", sign(header, { ...claims, exp: undefined })],
    ["exp as text", sign(header, { ...claims, exp: String(nowS + 60) })],
    ["exp null", sign(header, { ...claims, exp: null })],
    ["expired", sign(header, { ...claims, exp: nowS - 61 })],
    ["nbf in the future", sign(header, { ...claims, nbf: nowS + 61 })],
    ["nbf as text", sign(header, { ...claims, nbf: "0" })],
    ["no sub", sign(header, { ...claims, sub: undefined })],
    ["sub as number", sign(header, { ...claims, sub: 1 })],
    ["no role", sign(header, { ...claims, role: undefined })],
    ["role owner", sign(header, { ...claims, role: "owner" })],
    ["two roles", sign(header, { ...claims, role: ["writer"] })],
    ["no documents", sign(header, { ...claims, documents: undefined })],
    ["documents as text", sign(header, { ...claims, documents: "d" })],
    ["other documents", sign(header, { ...claims, documents: ["e", "D", "d ", "de*"] })],
    ["too many documents", sign(header, { ...claims, documents: Array.from({ length: 101 }, () => "d") })],
    ["a body that is no object", sign(header, "[1]")],
    ["a body that is no JSON", sign(header, "{")],
    ["a body with __proto__", sign(header, '{"__proto__":{"sub":"ada"},"exp":1800000060}')],
    ["a deep body", sign(header, `{"a":${"[".repeat(50)}${"]".repeat(50)}}`)],
    ["1 MB", sign(header, { ...claims, pad: "x".repeat(1_000_000) })],
  ])("JWT: %s is refused", (_name, token) => {
    expect(authorized(token)).toBeNull();
  });

  test("JWT: another audience is refused", () => {
    for (const aud of [undefined, "x", ["x"], { y: 1 }, 1]) {
      expect(authorized(sign(header, { ...claims, aud }), "d", "Bearer", "y")).toBeNull();
    }
  });

  test("another scheme, and a secret that is too short, are refused", () => {
    expect(authorized(sound, "d", "Basic")).toBeNull();
    expect(() => authorizeByToken({ ...rules, secret: "short" })).toThrow(RangeError);
    expect(verifyToken(sound, rules)?.get("sub")).toBe("ada");
  });
});
