import { type Cursor, sha256, type UserId } from "y-webpubsub/core";
import type { Version, VersionId } from "../core/document-history.ts";

export interface NewVersion extends Omit<Version, "id" | "label" | "userId"> {
  readonly label?: string | null;
  readonly userId?: UserId | null;
}

/**
 * HI3: sorts by time; two servers that make the same automatic version make one. The time is written with nine digits of
 * base 36, which last until the year 5188.
 */
export function versionOf({ generation, cursor, kind, label = null, userId = null, atMs }: NewVersion): Version {
  const words = JSON.stringify([generation, cursor, kind, label, userId]);
  const name = Buffer.from(sha256(new TextEncoder().encode(words)).subarray(0, 12)).toString("base64url");
  const id = `${Math.max(0, Math.round(atMs)).toString(36).padStart(9, "0")}${name}` as VersionId;
  return { id, generation, cursor, kind, label, userId, atMs };
}

/** A version id from outside, or null when it can be none. */
export function parseVersionId(text: string): VersionId | null {
  return /^[0-9A-Za-z_-]{1,64}$/.test(text) ? (text as VersionId) : null;
}

/** A cursor from outside, or null when it can be none. */
export function parseCursor(text: string): Cursor | null {
  return /^[0-9A-Za-z_-]{0,64}$/.test(text) ? (text as Cursor) : null;
}
