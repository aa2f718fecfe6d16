import { createHmac, type KeyObject } from "node:crypto";

const lifetimeSeconds = 3_600;

/** What a handler with `auth` gets: a JWT for `resource`, signed with `key`. `origin`: host and port of this service. */
export function handlerToken(
  resource: string,
  { key, origin, nowMs }: { readonly key: KeyObject; readonly origin: string; readonly nowMs: number },
): string {
  const now = Math.floor(nowMs / 1_000);
  const claims = { iss: `http://${origin}`, aud: resource, iat: now, nbf: now, exp: now + lifetimeSeconds };
  const signed = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
