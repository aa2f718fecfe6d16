import { createHash } from "node:crypto";

/** The request header in which a page of the whiteboard shows its key. */
export const keyHeader = "x-board-key";

/** The id of the board that a key opens, as the whiteboard's server derives it. */
export function boardOf(key: string): string {
  return createHash("sha256").update(`board ${key}`).digest("base64url").slice(0, 22);
}
