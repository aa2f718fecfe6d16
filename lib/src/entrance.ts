import type { Request } from "express";
import type { DocumentId } from "y-webpubsub/core";
import { type Access, accessOf } from "./access.ts";
import type { Collab, Opened } from "./collab.ts";
import { Problem } from "./problems.ts";

export interface Entering {
  readonly request: Request;
  readonly document: DocumentId;
  /** What the store says now, never what is remembered. */
  readonly fresh?: boolean;
}

export interface Entered {
  readonly opened: Opened;
  readonly access: Access;
}

/**
 * Who asks, and what is left of the role after the access rules. Whoever is refused learns nothing of the document:
 * `authorize` and the rules are asked before anything is looked up.
 */
export async function enter(collab: Collab, { request, document, fresh = false }: Entering): Promise<Entered> {
  const { authorize, limits } = collab.parts;
  const granted = await accessOf(authorize, request, document, limits.authorizeMs).catch((error: unknown) => {
    if (error instanceof Problem && error.code === "forbidden") collab.gate.refused(request);
    throw error;
  });
  const opened = await collab.ready();
  return { opened, access: await ruled(opened, document, granted, fresh) };
}

/** AC3: the same caller again, later in the same request. */
export async function ruled(opened: Opened, document: DocumentId, access: Access, fresh = false): Promise<Access> {
  const role = await opened.access.roleOf(document, access.userId, access.role, { fresh });
  if (role === null) throw new Problem("forbidden");
  return role === access.role ? access : { ...access, role };
}
