import type { IncomingMessage, ServerResponse } from "node:http";
import { FaultError, type Faults } from "../core/faults.ts";
import { downMsMax, type FaultControl } from "./fault-control.ts";

interface FaultHost {
  readonly faults: Faults;
  readonly control: FaultControl;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const bodyBytesMax = 16 * 1024;

/**
 * `GET /faults` lists the rules, `POST /faults` adds the rule in its body, `DELETE /faults/{id}` and `DELETE /faults`
 * take one or all away, `POST /faults/restart` with `{"downMs":n}` restarts. JSON both ways. Never throws.
 */
export async function serveFaults(
  host: FaultHost,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await answer(host, path, request);
  response.statusCode = status;
  if (body === undefined) {
    response.end();
    return;
  }
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.end(`${JSON.stringify(body)}\n`);
}

async function answer({ faults, control }: FaultHost, path: string, request: IncomingMessage): Promise<Answer> {
  const id = /^\/faults\/(\d{1,15})$/.exec(path)?.[1];
  switch (`${request.method} ${id === undefined ? path : "/faults/{id}"}`) {
    case "GET /faults":
      return { status: 200, body: { rules: faults.rules } };
    case "DELETE /faults":
      faults.clear();
      return { status: 204 };
    case "DELETE /faults/{id}":
      return faults.remove(Number(id)) ? { status: 204 } : problem(404, `There is no fault rule ${id}.`);
    case "POST /faults": {
      const value = await readJson(request);
      return "answer" in value ? value.answer : put(faults, value.json);
    }
    case "POST /faults/restart": {
      const value = await readJson(request);
      if ("answer" in value) return value.answer;
      const { downMs = 0 } = (value.json ?? {}) as { readonly downMs?: unknown };
      if (typeof downMs !== "number" || !(downMs >= 0 && downMs <= downMsMax)) {
        return problem(400, `'downMs' must be from 0 to ${downMsMax}.`);
      }
      // Answered first: while it is down the service drops every connection, this one too.
      setImmediate(() => void control.restart({ downMs }));
      return { status: 202 };
    }
    default:
      return problem(404, "Use GET, POST or DELETE on /faults, DELETE on /faults/{id}, or POST on /faults/restart.");
  }
}

function put(faults: Faults, value: unknown): Answer {
  try {
    return { status: 201, body: faults.put(value) };
  } catch (error) {
    if (error instanceof FaultError) return problem(400, error.message);
    throw error;
  }
}

/** Another site's page can send plain forms to this machine, but not this type without being asked first. */
async function readJson(request: IncomingMessage): Promise<{ readonly json: unknown } | { readonly answer: Answer }> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") return { answer: problem(415, "Send the body as application/json.") };
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) return { answer: problem(413, `The body has at most ${bodyBytesMax} bytes.`) };
      chunks.push(chunk);
    }
    return { json: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch {
    return { answer: problem(400, "The body is not JSON.") };
  }
}

function problem(status: number, message: string): Answer {
  return { status, body: { message } };
}
