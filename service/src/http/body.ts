import type { IncomingMessage } from "node:http";
import { TextDecoder } from "node:util";
import { type Metadata, readMetadata } from "../core/metadata.ts";
import type { Payload } from "../core/payload.ts";
import { type Answer, badRequest, RequestProblem } from "./problems.ts";

/** So much of a body that is too long is read and thrown away, so that the sender gets to see the answer. */
const discardedBytesMax = 16 * 1024 * 1024;

/** The payload of a send, by its Content-Type. Throws `RequestProblem`. */
export async function readPayload(request: IncomingMessage, bytesMax: number): Promise<Payload> {
  const { kind, decoder } = contentType(request.headers["content-type"]);
  const metadata = headerMetadata(request);
  const bytes = await readBody(request, bytesMax);
  switch (kind) {
    case "binary":
      return { dataType: "binary", bytes, ...metadata };
    case "text":
      return { dataType: "text", literal: JSON.stringify(decodeText(bytes, decoder)), ...metadata };
    case "json": {
      const literal = decodeText(bytes, decoder).trim();
      parseJson(literal);
      return { dataType: "json", literal, ...metadata };
    }
  }
}

/** `{"groups":[…],"filter"?:"…"}`, with at least one group. Throws `RequestProblem`. */
export async function readGroupsBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<{ readonly groups: readonly string[]; readonly filter: unknown }> {
  const { kind, decoder } = contentType(request.headers["content-type"]);
  if (kind !== "json") throw new RequestProblem(wrongType("The body", ["application/json"]));
  const value = parseJson(decodeText(await readBody(request, bytesMax), decoder));
  const { groups, filter } = (value ?? {}) as { readonly groups?: unknown; readonly filter?: unknown };
  const names: readonly unknown[] = Array.isArray(groups) ? groups : [undefined];
  if (names.length === 0 || !names.every((name) => typeof name === "string")) {
    throw new RequestProblem(badRequest("The body must be JSON with a list of names in 'groups'."));
  }
  return { groups: names, filter };
}

type ContentType =
  | { readonly kind: "json" | "text"; readonly decoder: TextDecoder }
  | { readonly kind: "binary"; readonly decoder: undefined };

/** UTF-8 unless a charset is named. */
function contentType(header: string | undefined): ContentType {
  const [type = "", ...parameters] = (header ?? "").split(";");
  switch (type.trim().toLowerCase()) {
    case "application/json":
      return { kind: "json", decoder: textDecoder(parameters) };
    case "text/plain":
      return { kind: "text", decoder: textDecoder(parameters) };
    case "":
    case "application/octet-stream":
      return { kind: "binary", decoder: undefined };
    default:
      throw new RequestProblem(
        wrongType(`Content-Type '${type.trim()}'`, ["application/json", "text/plain", "application/octet-stream"]),
      );
  }
}

function textDecoder(parameters: readonly string[]): TextDecoder {
  const charset = parameters.map((text) => /^\s*charset="?([^"\s]+)"?\s*$/i.exec(text)?.[1]).find(Boolean) ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new RequestProblem(wrongType(`The charset '${charset}'`, ["application/json; charset=utf-8"]));
  }
}

function wrongType(what: string, taken: readonly string[]): Answer {
  const message = `${what} is not supported. Use Content-Type ${taken.join(", ")}.`;
  return { status: 415, code: "Error.UnsupportedMediaType", message, target: "Request" };
}

const metadataPrefix = "x-webpubsub-metadata-";

/** Of several headers of one key the last counts, also where a proxy has joined them by commas. */
function headerMetadata(request: IncomingMessage): { readonly metadata?: Metadata } {
  const pairs = Object.entries(request.headersDistinct).flatMap(([name, values]): [string, string][] =>
    name.startsWith(metadataPrefix)
      ? [[name.slice(metadataPrefix.length), values?.join(",").split(",").at(-1)?.trim() ?? ""]]
      : [],
  );
  if (pairs.length === 0) return {};
  const read = readMetadata(pairs);
  if (!read.ok) throw new RequestProblem(badRequest(read.problem));
  return { metadata: read.metadata };
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else if (bytes > discardedBytesMax) break;
  }
  if (bytes > bytesMax) throw new RequestProblem(badRequest(`The body must not be longer than ${bytesMax} bytes.`));
  return Buffer.concat(chunks);
}

function decodeText(bytes: Buffer, decoder: TextDecoder): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RequestProblem(badRequest(`The body is not text in ${decoder.encoding}.`));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestProblem(badRequest("The body is not valid JSON."));
  }
}
