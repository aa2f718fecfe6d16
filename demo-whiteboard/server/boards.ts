import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Names the request header in which a page shows its key. */
export const keyHeader = "x-board-key";

const pattern = /^[A-Za-z0-9_-]{1,64}$/;

/** 128 random bits: whoever knows the key of a board may draw on it, so it must not be guessable. */
export function newKey(): string {
  return randomBytes(16).toString("base64url");
}

/** Keys and board ids are made of the same characters. */
export function isName(text: string): boolean {
  return pattern.test(text);
}

/**
 * The id of the board that a key opens. It is the document's name, and all that a read-only link holds: nobody gets
 * from the id back to the key. So two kinds of link need no table and no secret.
 */
export function boardOf(key: string): string {
  return createHash("sha256").update(`board ${key}`).digest("base64url").slice(0, 22);
}

/** Writer with the board's key, reader without, null for what cannot be a board. */
export function roleIn(board: string, request: IncomingMessage): "writer" | "reader" | null {
  if (!isName(board)) return null;
  const key = request.headers[keyHeader];
  return typeof key === "string" && boardOf(key) === board ? "writer" : "reader";
}
