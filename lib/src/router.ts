import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { documentIdOf } from "./access.ts";
import { AnswerPlaces } from "./answer-places.ts";
import type { Collab } from "./collab.ts";
import { documentRouter } from "./documents/document-router.ts";
import { enter, ruled } from "./entrance.ts";
import { answerValidation, postEvent } from "./events.ts";
import { answerProblem } from "./failures.ts";
import { getLive, getReady } from "./health.ts";
import { httpLimits } from "./limits.ts";
import { negotiate, parseNegotiate, releaseDocument } from "./negotiate.ts";
import { guardOrigin, secure } from "./origins.ts";
import { Problem } from "./problems.ts";
import { BodyReader } from "./read-body.ts";
import { type Call, getHead, getLog, getSnapshot, postLog } from "./routes.ts";

type Handler = (request: Request, response: Response) => Promise<void>;

/** The routes of docs/protocol.md, HTTP. Every request is answered; every failure is a problem with code and next step. */
export function makeRouter(collab: Collab): Router {
  const bodies = new BodyReader(collab.parts.limits);
  const answers = new AnswerPlaces();
  const router = express.Router();
  const run = (handler: Handler) => counted(collab, handler);
  router.use(secure);
  // Asked by machines, without origin, user or document; they answer while the server stops, too.
  router.route("/health/live").get(run(getLive)).all(only("GET"));
  for (const path of ["/health", "/health/ready"]) {
    router
      .route(path)
      .get(run(getReady(collab)))
      .all(only("GET"));
  }
  router.use((_request, _response, next) => next(collab.closing ? new Problem("closing") : undefined));
  // One service speaks for everybody: what is signed is never too much.
  router
    .route("/events")
    .options(answerValidation)
    .post(run(postEvent(collab, bodies)))
    .all(only("OPTIONS, POST"));
  router.use((request, _response, next) => {
    collab.gate.arrived(request);
    next();
  });
  router.use(guardOrigin(collab.parts.allowedOrigins));
  const on = (handle: (call: Call) => Promise<void>) => run(onDocument(collab, bodies, handle));
  router
    .route("/negotiate")
    .post(run(postNegotiate(collab, bodies)))
    .all(only("POST"));
  router
    .route("/snapshot")
    .get(on(reading(getSnapshot, answers)))
    .all(only("GET"));
  router
    .route("/log")
    .get(on(reading(getLog, answers)))
    .post(on(uploading))
    .all(only("GET, POST"));
  router
    .route("/head")
    .get(on(reading(getHead, answers)))
    .all(only("GET"));
  router.use(documentRouter(collab, bodies, run));
  router.use((_request, _response, next) => next(new Problem("not-found")));
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    answerProblem(collab, error, request, response);
  });
  return router;
}

/** A rejection of the handler goes to the error handler; a request under way is waited for by `close()`. */
function counted(collab: Collab, handler: Handler): (request: Request, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    const done = collab.metrics.began(request.method, request.route.path);
    response.once("close", () => done(response.statusCode));
    collab.during(handler(request, response)).catch(next);
  };
}

function onDocument(collab: Collab, bodies: BodyReader, handle: (call: Call) => Promise<void>): Handler {
  return async (request, response) => {
    const document = documentIdOf(request.query["document"]);
    const { opened, access } = await enter(collab, { request, document });
    const log = opened.documents.log(document);
    const readmit = async ({ asking }: { readonly asking: boolean }) =>
      asking ? (await enter(collab, { request, document })).access : ruled(opened, document, access);
    await handle({ collab, opened, bodies, request, response, document, access, log, readmit });
  };
}

function reading(handle: (call: Call) => Promise<void>, answers: AnswerPlaces): (call: Call) => Promise<void> {
  return async (call) => {
    call.collab.gate.reading(call.access.userId);
    await answers.take(call.access.userId, call.response);
    await handle(call);
  };
}

async function uploading(call: Call): Promise<void> {
  call.collab.gate.uploading(call.access.userId, call.document);
  await postLog(call);
}

function postNegotiate(collab: Collab, bodies: BodyReader): Handler {
  const { limits, service } = collab.parts;
  return async (request, response) => {
    // A type that a plain HTML form cannot send: pages of other sites need a preflight, which `guardOrigin` answers.
    if (!request.is("application/json")) throw new Problem("content-type-unsupported");
    const asked = parseNegotiate(await jsonBody(bodies, request));
    const { document, session } = asked;
    // AC3: a ticket names groups, and is good for minutes: nothing remembered goes into it.
    const { opened, access } = await enter(collab, { request, document, fresh: true });
    collab.gate.negotiated(access.userId);
    const { keys, documents, rooms } = opened;
    const { accessEpoch } = await opened.access.rules(document);
    const { identity, clock } = collab.parts;
    const mode = collab.modeOf(document);
    const ports = { service, keys, uploadBytes: limits.uploadBytes, identity, mode, nowMs: clock.now() };
    if (asked.purpose === "release") {
      response.json(await releaseDocument(asked, { ...access, accessEpoch }, documents.log(document), ports));
      return;
    }
    const ticket = await negotiate(asked, { ...access, accessEpoch }, documents.log(document), ports);
    // PR3: without it the presence of a crashed tab fades slower, and nothing else.
    const { generation } = ticket;
    collab.besides("session-room", rooms.put({ session, userId: access.userId, document, generation, accessEpoch }));
    response.json(ticket);
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

function only(methods: string): (request: Request, response: Response, next: NextFunction) => void {
  return (_request, response, next) => {
    response.set("Allow", methods);
    next(new Problem("method-not-allowed"));
  };
}
