import type { Request, Response } from "express";
import { type Cursor, type DocumentId, parseJson, type UserId } from "y-webpubsub/core";
import type { VersionId } from "../core/index.ts";
import { isHistoric } from "../history/chunks.ts";
import type { History } from "../history/history.ts";
import { parseCursor, parseVersionId } from "../history/versions.ts";
import { httpLimits } from "../limits.ts";
import { Problem } from "../problems.ts";
import type { BodyReader } from "../read-body.ts";
import type { Desk } from "./edits.ts";
import { documentLimits } from "./limits.ts";

/** A request to the API for documents, once it is known who asks. */
export interface DocumentCall extends Desk {
  readonly bodies: BodyReader;
  readonly request: Request;
  readonly response: Response;
  readonly document: DocumentId;
  readonly userId: UserId;
  readonly history: History;
}

/** Throws a `Problem` "history-off" for a store that cannot. */
export function historyOf({
  collab,
  opened,
}: Pick<Desk, "collab" | "opened">): Pick<DocumentCall, "store" | "history"> {
  const { store } = collab.parts;
  if (!isHistoric(store) || opened.history === null) throw new Problem("history-off");
  return { store, history: opened.history };
}

/** Null: not given. */
export function parameter(request: Request, name: string): string | null {
  const value = request.query[name];
  if (value === undefined) return null;
  if (typeof value === "string" && value.length <= httpLimits.queryLengthMax) return value;
  throw new Problem("parameter-invalid", { what: name });
}

export function versionParameter(request: Request, name: string): VersionId | null {
  return parsed(parameter(request, name), name, parseVersionId);
}

export function cursorParameter(request: Request, name: string): Cursor | null {
  return parsed(parameter(request, name), name, parseCursor);
}

export function maxParameter(request: Request): number {
  const text = parameter(request, "max");
  if (text === null) return documentLimits.listMax;
  const max = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (max < 1) throw new Problem("parameter-invalid", { what: "max" });
  return Math.min(max, documentLimits.listMax);
}

/** A place in the log that somebody names: a version, or a cursor. Null: neither. */
export async function positionOf(
  { history, document }: DocumentCall,
  { version, cursor }: { readonly version: VersionId | null; readonly cursor: Cursor | null },
): Promise<Cursor | null> {
  if (version === null) return cursor;
  const found = await history.find(document, version);
  if (found === null) throw new Problem("version-not-found");
  return found.cursor;
}

/** Null: wherever the log ends. */
export function ifMatch(request: Request): Cursor | null {
  const header = request.get("If-Match");
  if (header === undefined || header.trim() === "*") return null;
  const cursor = /^"([^"]*)"$/.exec(header.trim())?.[1];
  return parsed(cursor ?? "?", "If-Match", parseCursor);
}

export function idempotencyKey(request: Request): string | null {
  const key = request.get("Idempotency-Key") ?? null;
  if (key !== null && (key === "" || key.length > documentLimits.keyLengthMax)) {
    throw new Problem("parameter-invalid", { what: "Idempotency-Key" });
  }
  return key;
}

/** A small JSON object. Its type cannot be sent by a plain HTML form. */
export async function jsonBody({ bodies, request }: DocumentCall): Promise<ReadonlyMap<string, unknown>> {
  if (!request.is("application/json")) throw new Problem("content-type-unsupported");
  const value = isParsed(request.body) ? request.body : await readJson(bodies, request);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Problem("body-invalid", { what: "not a JSON object" });
  }
  return new Map(Object.entries(value));
}

/** An application may have parsed JSON before the router. */
function isParsed(body: unknown): boolean {
  return typeof body === "object" && body !== null && !Buffer.isBuffer(body);
}

async function readJson(bodies: BodyReader, request: Request): Promise<unknown> {
  const { jsonBytesMax, jsonDepthMax } = httpLimits;
  const bytes = await bodies.read(request, jsonBytesMax);
  const json = parseJson(bytes, { bytesMax: jsonBytesMax, depthMax: jsonDepthMax });
  if (!json.ok) throw new Problem("body-invalid", { what: json.problem });
  return json.value;
}

export function parsed<T>(text: unknown, name: string, parse: (text: string) => T | null): T | null {
  if (text === null || text === undefined) return null;
  const value = typeof text === "string" ? parse(text) : null;
  if (value === null) throw new Problem("parameter-invalid", { what: name });
  return value;
}
