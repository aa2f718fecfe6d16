import type { Request, Response } from "express";
import { documentIdOf } from "../access.ts";
import type { Collab } from "../collab.ts";
import { admitted } from "./authority.ts";
import { historyOf, maxParameter, parameter } from "./call.ts";

/** The only route without a document. */
export function getDocuments(collab: Collab): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const { opened, userId } = await admitted(collab, request, null, "list");
    collab.gate.reading(userId);
    const max = maxParameter(request);
    const after = parameter(request, "after");
    const { store } = historyOf({ collab, opened });
    const documents = await store.documents(after === null ? null : documentIdOf(after), max);
    response.json({ documents, next: documents.length < max ? null : (documents.at(-1)?.document ?? null) });
  };
}
