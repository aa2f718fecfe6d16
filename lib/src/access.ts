import type { Request } from "express";
import type { DocumentId, Role, UserId } from "y-webpubsub/core";
import { httpLimits } from "./limits.ts";
import { reasonOf } from "./log-line.ts";
import { Problem } from "./problems.ts";

/** Who asks, as the application sees it. */
export interface Authorization {
  /** 1 to 512 bytes of UTF-8 without control characters. Everybody in the document sees it. */
  readonly userId: string;
  readonly role: Role;
  /** What people call the user, 1 to 100 characters; told to the user's own provider with the ticket. */
  readonly name?: string;
  /** The user's colour as `#rrggbb`, told in the same way. */
  readonly color?: string;
}

/**
 * Decides who may open a document. Called on every request; null refuses, in the same words whether the document exists
 * or not. Throwing, or taking longer than 10 s, fails that one request with 500 `authorize-failed`.
 */
export type Authorize = (request: Request, document: string) => Promise<Authorization | null> | Authorization | null;

export interface Access {
  readonly userId: UserId;
  readonly role: Role;
  readonly profile: Profile;
}

/** How the application presents the user. */
export interface Profile {
  readonly name?: string;
  readonly color?: string;
}

/** A document id from outside, or a `Problem`. Ids are compared as they are, so only one spelling of a text is taken. */
export function documentIdOf(value: unknown): DocumentId {
  const sound =
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= httpLimits.documentLengthMax &&
    value === value.normalize("NFC") &&
    !/[\p{Cc}\p{Cs}]/u.test(value);
  if (!sound) throw new Problem("document-invalid");
  return value as DocumentId;
}

export async function accessOf(
  authorize: Authorize,
  request: Request,
  document: DocumentId,
  deadlineMs: number,
): Promise<Access> {
  const granted: unknown = await answered(authorize, request, document, deadlineMs);
  if (granted === null) throw new Problem("forbidden");
  const fields = typeof granted === "object" && granted !== null ? granted : {};
  const userId = "userId" in fields ? fields.userId : undefined;
  const role = "role" in fields ? fields.role : undefined;
  if (!isUserId(userId)) throw failed("`userId` must be 1 to 512 bytes of UTF-8 without control characters");
  if (role !== "writer" && role !== "reader") throw failed('`role` must be "writer" or "reader"');
  return { userId, role, profile: profileOf(fields) };
}

function profileOf(fields: object): Profile {
  const name = "name" in fields ? fields.name : undefined;
  const color = "color" in fields ? fields.color : undefined;
  const soundName = typeof name === "string" && name.length > 0 && name.length <= httpLimits.nameLengthMax;
  if (name !== undefined && (!soundName || /[\p{Cc}\p{Cs}]/u.test(name))) {
    throw failed(`\`name\` must be 1 to ${httpLimits.nameLengthMax} characters without control characters`);
  }
  if (color !== undefined && (typeof color !== "string" || !/^#[0-9a-f]{6}$/i.test(color))) {
    throw failed("`color` must be written as #rrggbb");
  }
  return { ...(name !== undefined && { name }), ...(color !== undefined && { color }) };
}

/** A user id that the application hands over, as `authorize` would give it. */
export function userIdOf(value: unknown): UserId {
  if (isUserId(value)) return value;
  throw new TypeError("The user id must be 1 to 512 bytes of UTF-8 without control characters.");
}

function isUserId(value: unknown): value is UserId {
  if (typeof value !== "string" || value === "" || /[\p{Cc}\p{Cs}]/u.test(value)) return false;
  return Buffer.byteLength(value) <= httpLimits.userIdBytesMax;
}

async function answered(
  authorize: Authorize,
  request: Request,
  document: DocumentId,
  deadlineMs: number,
): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    // A hook that throws at once rejects here too.
    return await Promise.race([Promise.resolve().then(() => authorize(request, document)), late]);
  } catch (error) {
    throw failed(reasonOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** The reason is for the log; the answer does not carry it. */
function failed(reason: string): Problem {
  return new Problem("authorize-failed", { cause: new Error(reason) });
}
