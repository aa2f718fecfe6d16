import type { Version } from "../core/index.ts";
import { entriesBefore } from "../history/entries.ts";
import { historyLimits } from "../history/limits.ts";
import { materialAt } from "../history/positions.ts";
import type { ContentFormat } from "../history/tasks.ts";
import { parseCursor, parseVersionId } from "../history/versions.ts";
import { Problem } from "../problems.ts";
import {
  cursorParameter,
  type DocumentCall,
  idempotencyKey,
  ifMatch,
  jsonBody,
  maxParameter,
  parameter,
  parsed,
  positionOf,
  versionParameter,
} from "./call.ts";
import { compare, contentAt } from "./content.ts";
import { sendContent } from "./content-routes.ts";
import { restore } from "./restore.ts";

export async function getVersions(call: DocumentCall): Promise<void> {
  const { request, response, document, history, opened } = call;
  const max = maxParameter(request);
  const { generation, head } = await opened.documents.log(document).state();
  const versions = await history.list(document, versionParameter(request, "before"), max);
  const next = versions.length < max ? null : (versions.at(-1)?.id ?? null);
  response.json({ generation, head, versions: versions.map(versionJson), next });
}

export async function postVersion(call: DocumentCall): Promise<void> {
  const { response, document, history, userId, opened, collab, store } = call;
  const body = await jsonBody(call);
  const label = labelOf(body.get("label"));
  const wanted = parsed(body.get("cursor"), "cursor", parseCursor);
  const { generation, head } = await opened.documents.log(document).state();
  const cursor = wanted ?? head;
  if (cursor !== head && (await materialAt(store, document, cursor)) === null) throw new Problem("position-gone");
  const atMs = collab.parts.clock.now();
  const version = await history.create(document, { generation, cursor, kind: "named", label, userId, atMs });
  if (version === null) throw new Problem("generation-changed");
  response.status(201).json(versionJson(version));
}

export async function patchVersion(call: DocumentCall): Promise<void> {
  const { request, response, document, history, userId } = call;
  const id = versionParameter(request, "version");
  if (id === null) throw new Problem("parameter-invalid", { what: "version" });
  const body = await jsonBody(call);
  const version = await history.rename(document, id, labelOf(body.get("label")), userId);
  if (version === null) throw new Problem("version-not-found");
  response.json(versionJson(version));
}

export async function deleteVersion({ request, response, document, history }: DocumentCall): Promise<void> {
  const id = versionParameter(request, "version");
  if (id === null) throw new Problem("parameter-invalid", { what: "version" });
  if (!(await history.remove(document, id))) throw new Problem("version-not-found");
  response.status(204).end();
}

export async function getEntries({ request, response, document, store }: DocumentCall): Promise<void> {
  const max = maxParameter(request);
  const entries = await entriesBefore(store, document, cursorParameter(request, "before"), max);
  response.json({ entries, next: entries.length < max ? null : (entries.at(-1)?.cursor ?? null) });
}

export async function getPreview(call: DocumentCall): Promise<void> {
  const { request } = call;
  const version = versionParameter(request, "version");
  const cursor = await positionOf(call, { version, cursor: cursorParameter(request, "cursor") });
  if (cursor === null) throw new Problem("parameter-invalid", { what: "version or cursor" });
  const format = formatOf(parameter(request, "format") ?? "update");
  await sendContent(call, { cursor, format, bytes: () => contentAt(call, cursor, format) });
}

export async function getDifference(call: DocumentCall): Promise<void> {
  const { request, response, opened, document } = call;
  const side = (name: "from" | "to") =>
    positionOf(call, {
      version: versionParameter(request, `${name}Version`),
      cursor: cursorParameter(request, `${name}Cursor`),
    });
  const from = await side("from");
  if (from === null) throw new Problem("parameter-invalid", { what: "fromVersion or fromCursor" });
  const to = (await side("to")) ?? (await opened.documents.log(document).state()).head;
  response.type("application/json").end(Buffer.from(await compare(call, from, to)));
}

export async function postRestore(call: DocumentCall): Promise<void> {
  const { request, response, userId } = call;
  const body = await jsonBody(call);
  const at = await positionOf(call, {
    version: parsed(body.get("version"), "version", parseVersionId),
    cursor: parsed(body.get("cursor"), "cursor", parseCursor),
  });
  if (at === null) throw new Problem("parameter-invalid", { what: "version or cursor" });
  const done = await restore(call, { at, userId, key: idempotencyKey(request), ifHead: ifMatch(request) });
  response.json({ cursor: done.cursor, changed: done.changed, repeated: done.repeated });
}

export function formatOf(text: string): ContentFormat {
  if (text === "json" || text === "update") return text;
  throw new Problem("parameter-invalid", { what: "format" });
}

function labelOf(value: unknown): string {
  const sound =
    typeof value === "string" &&
    value.trim().length > 0 &&
    value.length <= historyLimits.labelLengthMax &&
    !/[\p{Cc}\p{Cs}]/u.test(value);
  if (sound) return value;
  throw new Problem("body-invalid", { what: `label must be 1 to ${historyLimits.labelLengthMax} characters` });
}

function versionJson({ id, cursor, kind, label, userId, atMs }: Version): Readonly<Record<string, unknown>> {
  return { id, cursor, kind, label, userId, at: new Date(atMs).toISOString() };
}
