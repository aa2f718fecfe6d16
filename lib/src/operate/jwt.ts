import { createHmac, timingSafeEqual } from "node:crypto";
import type { Request } from "express";
import { parseJson } from "y-webpubsub/core";
import type { Authorization, Authorize } from "../access.ts";

const secretBytesMin = 32;
const tokenLengthMax = 4_096;
const leewayS = 60;
const patternsMax = 100;

export interface TokenRules {
  /** At least 32 bytes. */
  readonly secret: string;
  /** What `aud` must be; null: it is not looked at. */
  readonly audience: string | null;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

/**
 * `authorize` by tokens that the application signs (HS256): `Authorization: Bearer <token>`. Nothing else is believed:
 * one algorithm, an expiry, and the documents named in the token. Throws a `RangeError` when the secret is too short.
 */
export function authorizeByToken(rules: TokenRules): Authorize {
  if (Buffer.byteLength(rules.secret) < secretBytesMin) {
    throw new RangeError(
      `The secret for tokens must have at least ${secretBytesMin} bytes. Make one with: openssl rand -base64 32`,
    );
  }
  return (request, document) => {
    const claims = verifyToken(bearerOf(request), rules);
    return claims === null ? null : grantOf(claims, document);
  };
}

function bearerOf(request: Request): string {
  return /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.get("Authorization") ?? "")?.[1] ?? "";
}

type Claims = ReadonlyMap<string, unknown>;

/** The claims of a token that this secret signed and that holds now; null for every other text. */
export function verifyToken(token: string, { secret, audience, now }: TokenRules): Claims | null {
  const [head = "", body = "", signature = "", ...rest] = token.split(".");
  if (token.length > tokenLengthMax || rest.length > 0 || head === "" || body === "") return null;
  const expected = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  // The canonical text, so that no second spelling of one token exists.
  if (given.toString("base64url") !== signature) return null;
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const header = objectIn(head);
  const claims = objectIn(body);
  if (header === null || claims === null || header.get("alg") !== "HS256" || header.has("crit")) return null;
  if (audience !== null && !isAudience(claims.get("aud"), audience)) return null;
  return isTimely(claims, now() / 1_000) ? claims : null;
}

function isTimely(claims: Claims, nowS: number): boolean {
  const [exp, nbf] = [claims.get("exp"), claims.get("nbf")];
  if (typeof exp !== "number" || !Number.isFinite(exp) || exp + leewayS < nowS) return false;
  return nbf === undefined || (typeof nbf === "number" && nbf - leewayS <= nowS);
}

function isAudience(claim: unknown, audience: string): boolean {
  return claim === audience || (Array.isArray(claim) && claim.includes(audience));
}

function objectIn(part: string): Claims | null {
  const json = parseJson(new Uint8Array(Buffer.from(part, "base64url")), { bytesMax: tokenLengthMax, depthMax: 4 });
  if (!json.ok || typeof json.value !== "object" || json.value === null || Array.isArray(json.value)) return null;
  return new Map(Object.entries(json.value));
}

function grantOf(claims: Claims, document: string): Authorization | null {
  const [userId, role, documents] = [claims.get("sub"), claims.get("role"), claims.get("documents")];
  const [name, color] = [claims.get("name"), claims.get("color")];
  if (typeof userId !== "string" || (role !== "writer" && role !== "reader")) return null;
  if (!Array.isArray(documents) || documents.length > patternsMax) return null;
  if (!documents.some((pattern) => typeof pattern === "string" && fits(pattern, document))) return null;
  return {
    userId,
    role,
    ...(typeof name === "string" && { name }),
    ...(typeof color === "string" && { color }),
  };
}

function fits(pattern: string, document: string): boolean {
  return pattern.endsWith("*") ? document.startsWith(pattern.slice(0, -1)) : document === pattern;
}
