import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { accessOf, documentIdOf } from "./access.ts";
import type { Collab } from "./collab.ts";
import { answerProblem } from "./failures.ts";
import { httpLimits } from "./limits.ts";
import { negotiate, parseNegotiate } from "./negotiate.ts";
import { guardOrigin, secure } from "./origins.ts";
import { Problem } from "./problems.ts";
import { BodyReader } from "./read-body.ts";
import { type Call, getHead, getLog, getSnapshot, postLog } from "./routes.ts";

type Handler = (request: Request, response: Response) => Promise<void>;

/** The routes of docs/protocol.md, HTTP. Every request is answered; every failure is a problem with code and next step. */
export function makeRouter(collab: Collab): Router {
  const bodies = new BodyReader(collab.parts.limits);
  const router = express.Router();
  router.use(secure, guardOrigin(collab.parts.allowedOrigins), (_request, _response, next) => {
    next(collab.closing ? new Problem("closing") : undefined);
  });
  const run = (handler: Handler) => counted(collab, handler);
  const on = (handle: (call: Call) => Promise<void>) => run(onDocument(collab, bodies, handle));
  router
    .route("/negotiate")
    .post(run(postNegotiate(collab, bodies)))
    .all(only("POST"));
  router.route("/snapshot").get(on(getSnapshot)).all(only("GET"));
  router.route("/log").get(on(getLog)).post(on(postLog)).all(only("GET, POST"));
  router.route("/head").get(on(getHead)).all(only("GET"));
  router
    .route("/health")
    .get(run(getHealth(collab)))
    .all(only("GET"));
  router.use((_request, _response, next) => next(new Problem("not-found")));
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    answerProblem(collab, error, request, response);
  });
  return router;
}

/** A rejection of the handler goes to the error handler; a request under way is waited for by `close()`. */
function counted(collab: Collab, handler: Handler): (request: Request, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    collab.during(handler(request, response)).catch(next);
  };
}

function onDocument(collab: Collab, bodies: BodyReader, handle: (call: Call) => Promise<void>): Handler {
  return async (request, response) => {
    const document = documentIdOf(request.query["document"]);
    const access = await accessOf(collab.parts.authorize, request, document, collab.parts.limits.authorizeMs);
    const opened = await collab.ready();
    const log = opened.documents.log(document);
    await handle({ collab, opened, bodies, request, response, document, access, log });
  };
}

function postNegotiate(collab: Collab, bodies: BodyReader): Handler {
  const { authorize, limits, service } = collab.parts;
  return async (request, response) => {
    // A type that a plain HTML form cannot send: pages of other sites need a preflight, which `guardOrigin` answers.
    if (!request.is("application/json")) throw new Problem("content-type-unsupported");
    const asked = parseNegotiate(await jsonBody(bodies, request));
    const access = await accessOf(authorize, request, asked.document, limits.authorizeMs);
    const { keys, documents } = await collab.ready();
    const ports = { service, keys, uploadBytes: limits.uploadBytes };
    response.json(await negotiate(asked, access, documents.log(asked.document), ports));
  };
}

/** An application that parses JSON before the router has consumed the body; its value is written out again. */
function jsonBody(bodies: BodyReader, request: Request): Promise<Uint8Array> {
  const parsed: unknown = request.body;
  if (typeof parsed !== "object" || parsed === null || Buffer.isBuffer(parsed)) {
    return bodies.read(request, httpLimits.jsonBytesMax);
  }
  return Promise.resolve(new TextEncoder().encode(JSON.stringify(parsed)));
}

function getHealth(collab: Collab): Handler {
  return async (_request, response) => {
    await collab.ready();
    response.json({ status: "ready" });
  };
}

function only(methods: string): (request: Request, response: Response, next: NextFunction) => void {
  return (_request, response, next) => {
    response.set("Allow", methods);
    next(new Problem("method-not-allowed"));
  };
}
