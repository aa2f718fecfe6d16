import type { Request } from "express";
import type { DocumentId, UserId } from "y-webpubsub/core";
import { userIdOf } from "../access.ts";
import type { Collab, Opened } from "../collab.ts";
import { enter } from "../entrance.ts";
import { reasonOf } from "../log-line.ts";
import { Problem } from "../problems.ts";

/** What may be asked of the API for documents. */
export type DocumentAction =
  | "list"
  | "read"
  | "write"
  | "delete"
  | "export"
  | "import"
  | "presence"
  | "history"
  | "name-version"
  | "restore";

/**
 * Decides about the API for documents; called on every request of it. `document` is null for "list". Null refuses.
 * Without it the API is closed, except that people whom `authorize` admits may look at the history ("history"), and
 * writers among them may name versions and restore ("name-version", "restore").
 */
export type AuthorizeDocument = (
  request: Request,
  document: string | null,
  action: DocumentAction,
) => Promise<DocumentCaller | null> | DocumentCaller | null;

export interface DocumentCaller {
  /** Whom history names for what is done; 1 to 512 bytes of UTF-8 without control characters. */
  readonly userId: string;
}

export interface Admitted {
  readonly opened: Opened;
  readonly userId: UserId;
}

/** What an editor may do by the role that `authorize` gave. */
const editors: Readonly<Partial<Record<DocumentAction, "reader" | "writer">>> = {
  history: "reader",
  "name-version": "writer",
  restore: "writer",
};

/** Default deny: throws a `Problem` "forbidden", in the same words whether the document exists or not. */
export async function admitted(
  collab: Collab,
  request: Request,
  document: DocumentId | null,
  action: DocumentAction,
): Promise<Admitted> {
  const userId = await callerOf(collab, request, document, action);
  if (userId !== null) {
    const opened = await collab.ready();
    const role = document === null ? "writer" : await opened.access.roleOf(document, userId, "writer", {});
    if (role !== "writer") throw new Problem("forbidden");
    return { opened, userId };
  }
  const needed = editors[action];
  if (document === null || needed === undefined) {
    collab.gate.refused(request);
    throw new Problem("forbidden");
  }
  const { opened, access } = await enter(collab, { request, document });
  if (needed === "writer" && access.role !== "writer") throw new Problem("read-only");
  return { opened, userId: access.userId };
}

async function callerOf(
  collab: Collab,
  request: Request,
  document: DocumentId | null,
  action: DocumentAction,
): Promise<UserId | null> {
  const { authorizeDocument, limits } = collab.parts;
  if (authorizeDocument === undefined) return null;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${limits.authorizeMs} ms`)), limits.authorizeMs);
  });
  try {
    const asked = Promise.resolve().then(() => authorizeDocument(request, document, action));
    const caller = await Promise.race([asked, late]);
    return caller === null ? null : userIdOf(caller.userId);
  } catch (error) {
    throw new Problem("authorize-failed", { cause: new Error(reasonOf(error)) });
  } finally {
    clearTimeout(timer);
  }
}
