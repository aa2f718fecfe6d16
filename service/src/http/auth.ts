import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

type Claims = Readonly<Record<string, unknown>>;
export type Verified =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly problem: string };

const skewSeconds = 5 * 60;
const tokenCharsMax = 16 * 1024;

/** The access keys of the service: both validate. A key is used as its UTF-8 characters, it is not base64. */
export function signingKeys(keys: readonly string[]): readonly KeyObject[] {
  return keys.map((key) => createSecretKey(Buffer.from(key, "utf8")));
}

/**
 * HS256 only: any other `alg`, `none` included, is refused before a signature is looked at. `exp` is required and `nbf`
 * honoured, both with 5 minutes of clock skew. Says why in words that may be shown to the sender; never throws.
 */
export function verifyToken(token: string, keys: readonly KeyObject[], nowMs: number): Verified {
  const parts = token.split(".");
  const [header, body, signature] = parts;
  if (token.length > tokenCharsMax || parts.length !== 3) return refused("it is not a JSON Web Token");
  if (header === undefined || body === undefined || signature === undefined) return refused("a part is missing");
  const head = decodePart(header);
  if (head === undefined) return refused("its header cannot be read");
  if (head["alg"] !== "HS256")
    return refused("only the algorithm HS256 is accepted; Microsoft Entra ID tokens are not");
  if (head["crit"] !== undefined) return refused("it has critical header fields that are not understood");
  if (!isSigned(`${header}.${body}`, signature, keys)) return refused("its signature does not match an access key");
  const claims = decodePart(body);
  if (claims === undefined) return refused("its claims cannot be read");
  return checkTimes(claims, nowMs / 1000);
}

/** The token of a request: query `access_token` (the name in any case) or `Authorization: Bearer`. */
export function bearerToken(query: URLSearchParams, authorization: string | undefined): string | undefined {
  for (const [name, value] of query) {
    if (name.toLowerCase() === "access_token") return value;
  }
  return /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
}

/** A claim that holds one text or a list of them; undefined when it holds anything else. */
export function textList(claim: unknown): readonly string[] | undefined {
  if (claim === undefined || claim === null) return [];
  const list: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return list.every((item) => typeof item === "string") ? list : undefined;
}

function checkTimes(claims: Claims, now: number): Verified {
  const { exp, nbf } = claims as { readonly exp?: unknown; readonly nbf?: unknown };
  if (typeof exp !== "number" || !Number.isFinite(exp)) return refused("it has no expiry time (exp)");
  if (now > exp + skewSeconds) return refused("it has expired");
  if (nbf === undefined) return { ok: true, claims };
  if (typeof nbf !== "number" || !Number.isFinite(nbf)) return refused("its start time (nbf) is not a number");
  if (now < nbf - skewSeconds) return refused("it is not valid yet");
  return { ok: true, claims };
}

function isSigned(text: string, signature: string, keys: readonly KeyObject[]): boolean {
  const given = Buffer.from(signature, "base64url");
  let signed = false;
  for (const key of keys) {
    const expected = createHmac("sha256", key).update(text).digest();
    if (given.length === expected.length && timingSafeEqual(given, expected)) signed = true;
  }
  return signed;
}

function decodePart(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined; // Not JSON: the caller names the part.
  }
}

function refused(problem: string): Verified {
  return { ok: false, problem: `The access token was refused: ${problem}.` };
}
