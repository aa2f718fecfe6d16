import type { Request, Response } from "express";
import {
  type Cursor,
  type DocumentId,
  decodeUpload,
  encodeLogPage,
  encodeSnapshot,
  type Receipt,
  type SnapshotRef,
  unreachable,
} from "y-webpubsub/core";
import type { Access } from "./access.ts";
import type { Collab, Opened } from "./collab.ts";
import { elapsedMs } from "./core/elapsed.ts";
import { type DocumentLog, toldOf } from "./core/index.ts";
import { accessLimits, httpLimits } from "./limits.ts";
import { Problem } from "./problems.ts";
import type { BodyReader } from "./read-body.ts";
import { refusalProblem } from "./refusal-problem.ts";
import type { Encoding } from "./snapshot-cache.ts";

/** A request to a document, once it is known who asks. */
export interface Call {
  readonly collab: Collab;
  readonly opened: Opened;
  readonly bodies: BodyReader;
  readonly request: Request;
  readonly response: Response;
  readonly document: DocumentId;
  readonly access: Access;
  readonly log: DocumentLog;
  /** Asks `authorize` and the rules anew: throws as the first time. */
  readonly readmit: (how: { readonly asking: boolean }) => Promise<Access>;
}

export async function getSnapshot({ collab, request, response, document, log }: Call): Promise<void> {
  const ref = text(request, "ref") as SnapshotRef;
  const found = await collab.snapshots.get(JSON.stringify([document, ref]), encodingFor(request), async () => {
    const snapshot = await log.snapshot(ref);
    return snapshot && encodeSnapshot(snapshot);
  });
  if (found === null) throw new Problem("snapshot-gone");
  response.set({ "Content-Type": "application/octet-stream", "Cache-Control": "private, no-cache" });
  response.vary("Accept-Encoding").set("ETag", `"${Buffer.from(ref).toString("base64url")}.${found.encoding}"`);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  if (found.encoding !== "identity") response.set("Content-Encoding", found.encoding);
  response.set("Content-Length", String(found.body.length)).end(found.body);
}

export async function getLog({ request, response, log }: Call): Promise<void> {
  const answer = await log.page(text(request, "after") as Cursor, generationOf(request));
  switch (answer.outcome) {
    case "page":
      response.set("Content-Type", "application/octet-stream").end(encodeLogPage(answer.page));
      return;
    case "cursor-gone":
      throw new Problem("cursor-gone", { fields: { snapshot: answer.snapshot } });
    case "generation-changed":
      throw new Problem("generation-changed", { fields: { generation: answer.generation } });
    default:
      throw unreachable(answer);
  }
}

export async function postLog(call: Call): Promise<void> {
  const { collab, opened, bodies, request, response, document, readmit } = call;
  if (call.access.role !== "writer") throw new Problem("read-only");
  if (!request.is("application/octet-stream")) throw new Problem("content-type-unsupported");
  const generation = generationOf(request);
  const { uploadBytes, documentBytes } = collab.parts.limits;
  const startedAtMs = collab.parts.clock.now();
  const read = decodeUpload(await bodies.read(request, uploadBytes + httpLimits.uploadHeadBytes));
  if (!read.ok) throw new Problem("body-invalid", { what: read.problem });
  const batch = read.value;
  if (batch.update.length > uploadBytes) throw new Problem("body-too-large", { fields: { bytesMax: uploadBytes } });
  collab.gate.received(call.access.userId, batch.update.length);
  // AC3: a body may take half a minute to come; what holds is the access when it is stored.
  const slow = elapsedMs(startedAtMs, collab.parts.clock.now()) > accessLimits.reauthorizeMs;
  const access = await readmit({ asking: slow });
  if (access.role !== "writer" || access.userId !== call.access.userId) throw new Problem("read-only");
  if (isSizeLooked(collab, batch.upload)) {
    const { bytes, snapshotBytes } = await opened.documents.log(document).tail();
    if (bytes + snapshotBytes + batch.update.length > documentBytes) {
      throw new Problem("document-full", { fields: { bytesMax: documentBytes } });
    }
  }
  // Asked for anew: while the body came, the least recently used documents were forgotten.
  const answer = await opened.documents.log(document).append(batch, access.userId, generation);
  if (answer.outcome !== "receipt") throw refusalProblem(answer);
  collab.stored(opened, document, answer.receipt, toldOf(collab.modeOf(document), batch, access.userId, answer));
  response.json(receiptJson(answer.receipt));
}

export async function getHead({ opened, request, response, document, log }: Call): Promise<void> {
  const digest = new Uint8Array(Buffer.from(text(request, "digest"), "base64url"));
  // A digest of another shape would count as one that differs, and make the whole state be sent.
  if (digest.length !== httpLimits.digestBytes || !/^[\w-]{43}$/.test(text(request, "digest"))) {
    throw new Problem("parameter-invalid", { what: "digest" });
  }
  const { accessEpoch } = await opened.access.rules(document);
  const answer = await log.head(text(request, "cursor") as Cursor, digest, generationOf(request));
  if (answer.outcome === "generation-changed") {
    throw new Problem("generation-changed", { fields: { generation: answer.generation } });
  }
  const { generation, cursor, match, state } = answer.head;
  response.json({
    generation,
    cursor,
    match,
    accessEpoch,
    ...(state && { state: Buffer.from(state).toString("base64") }),
  });
}

/** A look at a shared store costs a query: a session's first upload is looked at, then each sixteenth. */
function isSizeLooked(collab: Collab, upload: number): boolean {
  return !collab.parts.store.shared || upload % 16 === 1;
}

function receiptJson({ hash, signature, ...words }: Receipt): Readonly<Record<string, unknown>> {
  return { ...words, hash: Buffer.from(hash).toString("base64"), signature: Buffer.from(signature).toString("base64") };
}

function text(request: Request, name: string): string {
  const value = request.query[name];
  if (typeof value === "string" && value.length <= httpLimits.queryLengthMax) return value;
  throw new Problem("parameter-invalid", { what: name });
}

function generationOf(request: Request): number {
  const value = text(request, "generation");
  const generation = /^\d{1,15}$/.test(value) ? Number(value) : 0;
  if (generation < 1) throw new Problem("parameter-invalid", { what: "generation" });
  return generation;
}

function encodingFor(request: Request): Encoding {
  const best = request.acceptsEncodings("br", "gzip", "identity");
  return best === "br" || best === "gzip" ? best : "identity";
}
