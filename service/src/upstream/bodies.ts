import type { IncomingHttpHeaders } from "node:http";
import { type Metadata, readMetadata } from "../core/metadata.ts";
import { bytesOf, type DataType, type Payload } from "../core/payload.ts";
import type { Incoming } from "./exchange.ts";

const contentTypes: Readonly<Record<DataType, string>> = {
  text: "text/plain; charset=utf-8",
  json: "application/json; charset=utf-8",
  binary: "application/octet-stream",
  protobuf: "application/x-protobuf",
};

const metadataPrefix = "x-webpubsub-metadata-";

export interface Body {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What a handler gets: the payload itself, JSON exactly as the client wrote it. */
export function eventBody(payload: Payload): Body {
  return { contentType: payload.mqtt?.contentType ?? contentTypes[payload.dataType], bytes: bytesOf(payload) };
}

export function jsonBody(value: unknown): Body {
  return { contentType: "application/json; charset=utf-8", bytes: Buffer.from(JSON.stringify(value), "utf8") };
}

export type Reply =
  | { readonly ok: true; readonly payload: Payload | undefined }
  | { readonly ok: false; readonly problem: string };

/**
 * The reply in a 2xx answer to a user event: none when it is empty, binary when it has no content type. Metadata alone
 * is a reply too, with an empty text.
 */
export function replyOf({ status, headers, body }: Extract<Incoming, { type: "answer" }>): Reply {
  const read = readMetadata(metadataHeaders(headers));
  if (!read.ok) return read;
  const metadata = read.metadata.size === 0 ? {} : { metadata: read.metadata };
  if (status === 204 || body.length === 0) {
    return {
      ok: true,
      payload: read.metadata.size === 0 ? undefined : { dataType: "text", literal: '""', ...metadata },
    };
  }
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  switch (type) {
    case "":
    case "application/octet-stream":
      return { ok: true, payload: { dataType: "binary", bytes: body, ...metadata } };
    case "application/x-protobuf":
      return { ok: true, payload: { dataType: "protobuf", bytes: body, ...metadata } };
    case "text/plain": {
      const text = decoded(body);
      if (text === undefined) return { ok: false, problem: "The reply is not text in UTF-8." };
      return { ok: true, payload: { dataType: "text", literal: JSON.stringify(text), ...metadata } };
    }
    case "application/json": {
      const literal = decoded(body)?.trim();
      if (literal === undefined || !isJson(literal)) return { ok: false, problem: "The reply is not valid JSON." };
      return { ok: true, payload: { dataType: "json", literal, ...metadata } };
    }
    default:
      return { ok: false, problem: `The reply has the content type '${type}', which no client message can carry.` };
  }
}

/** Metadata as request headers. Control characters cannot be in one, so they are percent-encoded. */
export function headersOf(metadata: Metadata | undefined): Record<string, string> {
  const pairs = [...(metadata ?? [])].map(([key, value]) => [
    `${metadataPrefix}${key.toLowerCase()}`,
    value.replaceAll(/[^\x20-\x7e]/g, (character) => encodeURIComponent(character)).trim(),
  ]);
  return Object.fromEntries(pairs);
}

function* metadataHeaders(headers: IncomingHttpHeaders): Generator<readonly [string, string]> {
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(metadataPrefix)) yield [name.slice(metadataPrefix.length), String(value)];
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // Not UTF-8: the caller says so.
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller says so.
  }
}
