import { createHmac, createSecretKey } from "node:crypto";
import { expect, test } from "vitest";
import { handlerToken } from "./handler-token.ts";

test("the token names who asks and for what, holds an hour, and is signed with the key", () => {
  const key = createSecretKey(Buffer.from("a-key-of-at-least-thirty-two-bytes!"));
  const token = handlerToken("api://chat", { key, origin: "127.0.0.1:8080", nowMs: 1_000_999 });
  const [header = "", claims = "", signature] = token.split(".");
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "HS256", typ: "JWT" });
  expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toEqual({
    iss: "http://127.0.0.1:8080",
    aud: "api://chat",
    iat: 1_000,
    nbf: 1_000,
    exp: 4_600,
  });
  expect(signature).toBe(createHmac("sha256", key).update(`${header}.${claims}`).digest("base64url"));
});
