import { randomBytes } from "node:crypto";
import type { Request } from "express";
import { type Cursor, sessionFromBytes } from "y-webpubsub/core";
import type { ContentFormat } from "../history/tasks.ts";
import { Problem } from "../problems.ts";
import { refusalProblem } from "../refusal-problem.ts";
import type { Encoding } from "../snapshot-cache.ts";
import { type DocumentCall, idempotencyKey, ifMatch, parameter } from "./call.ts";
import { contentAt } from "./content.ts";
import { type Edited, edit } from "./edits.ts";
import { documentLimits } from "./limits.ts";

const types: Readonly<Record<ContentFormat, string>> = {
  json: "application/json",
  update: "application/octet-stream",
};

/** What a position of one generation shows never changes: made once, compressed once. */
export async function sendContent(
  { collab, opened, request, response, document }: DocumentCall,
  what: { readonly cursor: Cursor; readonly format: ContentFormat; readonly bytes: () => Promise<Uint8Array> },
): Promise<void> {
  const { cursor, format } = what;
  const { generation } = await opened.documents.log(document).state();
  const key = JSON.stringify(["content", document, generation, cursor, format]);
  const found = await collab.snapshots.get(key, encodingFor(request), what.bytes, "seldom");
  if (found === null) throw new Problem("position-gone");
  response.set({ "Content-Type": types[format], "Cache-Control": "private, no-cache", ETag: `"${cursor}"` });
  response.vary("Accept-Encoding");
  if (found.encoding !== "identity") response.set("Content-Encoding", found.encoding);
  response.set("Content-Length", String(found.body.length)).end(found.body);
}

export async function getDocument(call: DocumentCall): Promise<void> {
  const { request, opened, document } = call;
  const format = parameter(request, "format") ?? "json";
  if (format !== "json" && format !== "update") throw new Problem("parameter-invalid", { what: "format" });
  const { head: cursor } = await opened.documents.log(document).state();
  await sendContent(call, { cursor, format, bytes: () => contentAt(call, cursor, format) });
}

export async function putDocument(call: DocumentCall): Promise<void> {
  const { bodies, request, response } = call;
  if (request.is("application/json")) {
    const body: unknown = request.body;
    const isParsed = typeof body === "object" && body !== null && !Buffer.isBuffer(body);
    const json = isParsed
      ? new TextEncoder().encode(JSON.stringify(body))
      : await bodies.read(request, documentLimits.bodyBytesMax);
    const { cursor, changed, repeated } = await writeJson(call, json);
    response.json({ cursor, changed, repeated });
    return;
  }
  if (!request.is("application/octet-stream")) throw new Problem("content-type-unsupported");
  await putUpdate(call, await bodies.read(request, call.collab.parts.limits.uploadBytes));
}

/** The document shows what the JSON says afterwards. */
function writeJson(call: DocumentCall, json: Uint8Array): Promise<Edited> {
  const { collab, request, userId } = call;
  return edit(call, {
    userId,
    key: idempotencyKey(request),
    ifHead: ifMatch(request),
    make: async (now, client) => {
      const as = { client, partBytesMax: documentLimits.partBytesMax };
      const done = await collab.parts.folder.perform({ type: "write", now: now.job, json, edit: as });
      if (done.problem !== null) throw new Problem("body-invalid", { what: done.problem });
      return done.parts;
    },
  });
}

/** What the update holds is merged into the document, by the rules of any upload. */
async function putUpdate(call: DocumentCall, update: Uint8Array): Promise<void> {
  const { collab, opened, request, response, document, userId } = call;
  const log = opened.documents.log(document);
  const { generation, head } = await log.state();
  const wanted = ifMatch(request);
  if (wanted !== null && wanted !== head) throw new Problem("head-changed", { fields: { head } });
  const session = sessionFromBytes(new Uint8Array(randomBytes(12)));
  const batch = { session, upload: 1, seqTo: 1, announce: true, adoption: false, update };
  const answer = await log.append(batch, userId, generation);
  if (answer.outcome !== "receipt") throw refusalProblem(answer);
  collab.stored(opened, document, answer.receipt, { type: "stored", cursor: answer.receipt.cursor });
  response.json({ cursor: answer.receipt.cursor, changed: true, repeated: answer.repeated });
}

function encodingFor(request: Request): Encoding {
  const best = request.acceptsEncodings("br", "gzip", "identity");
  return best === "br" || best === "gzip" ? best : "identity";
}
