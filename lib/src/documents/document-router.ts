import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { documentIdOf } from "../access.ts";
import type { Collab } from "../collab.ts";
import { Problem } from "../problems.ts";
import type { BodyReader } from "../read-body.ts";
import { admitted, type DocumentAction } from "./authority.ts";
import { type DocumentCall, historyOf } from "./call.ts";
import { getDocument, putDocument } from "./content-routes.ts";
import { deleteDocument, getExport, getPresence, postImport, postReset } from "./life-routes.ts";
import { getDocuments } from "./list-route.ts";
import {
  deleteVersion,
  getDifference,
  getEntries,
  getPreview,
  getVersions,
  patchVersion,
  postRestore,
  postVersion,
} from "./version-routes.ts";

type Method = "get" | "put" | "post" | "patch" | "delete";
type Handler = (request: Request, response: Response) => Promise<void>;
/** Counts a request and hands its failure to the error handler. */
export type Run = (handler: Handler) => (request: Request, response: Response, next: NextFunction) => void;

interface Route {
  readonly method: Method;
  readonly path: string;
  readonly action: DocumentAction;
  readonly handle: (call: DocumentCall) => Promise<void>;
}

/** docs/documents-api.md. `document` is always a query parameter. */
export const documentRoutes: readonly Route[] = [
  { method: "delete", path: "/document", action: "delete", handle: deleteDocument },
  { method: "post", path: "/reset", action: "delete", handle: postReset },
  { method: "get", path: "/presence", action: "presence", handle: getPresence },
  { method: "get", path: "/export", action: "export", handle: getExport },
  { method: "post", path: "/import", action: "import", handle: postImport },
  { method: "get", path: "/document", action: "read", handle: getDocument },
  { method: "put", path: "/document", action: "write", handle: putDocument },
  { method: "get", path: "/versions", action: "history", handle: getVersions },
  { method: "post", path: "/versions", action: "name-version", handle: postVersion },
  { method: "patch", path: "/versions", action: "name-version", handle: patchVersion },
  { method: "delete", path: "/versions", action: "name-version", handle: deleteVersion },
  { method: "get", path: "/entries", action: "history", handle: getEntries },
  { method: "get", path: "/preview", action: "history", handle: getPreview },
  { method: "get", path: "/difference", action: "history", handle: getDifference },
  { method: "post", path: "/restore", action: "restore", handle: postRestore },
];

/** The API for documents. Mounted by the server's router, behind its guards and before its answer to unknown paths. */
export function documentRouter(collab: Collab, bodies: BodyReader, run: Run): Router {
  const router = express.Router();
  for (const { method, path, action, handle } of documentRoutes) {
    router[method](path, run(onDocument(collab, bodies, action, handle)));
  }
  router.get("/documents", run(getDocuments(collab)));
  router.all("/documents", only(["GET"]));
  for (const path of new Set(documentRoutes.map((route) => route.path))) {
    const methods = documentRoutes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    router.all(path, only(methods));
  }
  return router;
}

function only(methods: readonly string[]) {
  return (_request: Request, response: Response, next: NextFunction) => {
    response.set("Allow", methods.join(", "));
    next(new Problem("method-not-allowed"));
  };
}

function onDocument(
  collab: Collab,
  bodies: BodyReader,
  action: DocumentAction,
  handle: (call: DocumentCall) => Promise<void>,
): Handler {
  return async (request, response) => {
    const document = documentIdOf(request.query["document"]);
    const { opened, userId } = await admitted(collab, request, document, action);
    if (request.method === "GET") collab.gate.reading(userId);
    else collab.gate.uploading(userId, document);
    const { store, history } = historyOf({ collab, opened });
    await handle({ collab, opened, store, history, bodies, request, response, document, userId });
  };
}
