import type { IncomingMessage } from "node:http";
import type { Payload } from "../core/ports.ts";
import { badRequest, RequestProblem } from "./problems.ts";

/** So much of a body that is too long is read and thrown away, so that the sender gets to see the answer. */
const discardedBytesMax = 16 * 1024 * 1024;

/** The payload of a send, by its Content-Type. Throws `RequestProblem`. */
export async function readPayload(request: IncomingMessage, bytesMax: number): Promise<Payload> {
  const { kind, charset } = contentType(request.headers["content-type"]);
  const bytes = await readBody(request, bytesMax);
  switch (kind) {
    case "binary":
      return { dataType: "binary", literal: `"${bytes.toString("base64")}"` };
    case "text":
      return { dataType: "text", literal: JSON.stringify(decodeText(bytes, charset)) };
    case "json": {
      const literal = decodeText(bytes, charset).trim();
      parseJson(literal);
      return { dataType: "json", literal };
    }
  }
}

/** `{"groups":[…],"filter"?:"…"}`. Throws `RequestProblem`. */
export async function readGroupsBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<{ readonly groups: readonly string[]; readonly filter: unknown }> {
  const value = parseJson(decodeText(await readBody(request, bytesMax), "utf-8"));
  const { groups, filter } = (value ?? {}) as { readonly groups?: unknown; readonly filter?: unknown };
  const names: readonly unknown[] = Array.isArray(groups) ? groups : [undefined];
  if (!names.every((name) => typeof name === "string")) {
    throw new RequestProblem(badRequest("The body must be JSON with a list of names in 'groups'."));
  }
  return { groups: names, filter };
}

function contentType(header: string | undefined): { kind: "json" | "text" | "binary"; charset: string } {
  const [type = "", ...parameters] = (header ?? "").split(";");
  const charset = parameters.map((text) => /^\s*charset="?([^"\s]+)"?\s*$/i.exec(text)?.[1]).find(Boolean) ?? "utf-8";
  switch (type.trim().toLowerCase()) {
    case "application/json":
      return { kind: "json", charset };
    case "text/plain":
      return { kind: "text", charset };
    case "":
    case "application/octet-stream":
      return { kind: "binary", charset };
    default:
      throw new RequestProblem({
        status: 415,
        code: "Error.UnsupportedMediaType",
        message: `Content-Type '${type.trim()}' is not supported. Use application/json, text/plain or application/octet-stream.`,
        target: "Request",
      });
  }
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

function decodeText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new RequestProblem(badRequest(`The body is not text in ${charset}: ${String(error)}`));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestProblem(badRequest("The body is not valid JSON."));
  }
}
