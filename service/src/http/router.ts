import type { KeyObject } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Hub } from "../core/hub.ts";
import { isGroupName, isHubName } from "../core/names.ts";
import { isRestAudience } from "./audience.ts";
import { bearerToken, verifyToken } from "./auth.ts";
import type { Call, Handler } from "./call.ts";
import { type Answer, badRequest, RequestProblem, unauthorized } from "./problems.ts";
import { Query } from "./query.ts";
import { routes } from "./rest.ts";

export interface RestHost {
  readonly keys: readonly KeyObject[];
  /** Hosts (name and port) under which tokens may name this service, besides the `Host` header. */
  readonly hosts: readonly string[];
  now(): number;
  hub(name: string): Hub;
  /** A call failed by a fault of the service itself. */
  failed(error: unknown): void;
}

const versions = ["2021-10-01", "2022-11-01", "2023-07-01", "2024-01-01", "2024-12-01"];
const hubPrefix = /^\/api\/hubs\/([^/]+)\/(.+)$/i;
const table = routes.map(([method, path, handle]) => ({ method, segments: path.split("/"), handle }));

/** Answers every plain HTTP request. Never throws and never leaves a request unanswered. */
export async function serveRest(host: RestHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.on("error", () => response.destroy());
  response.on("error", () => request.destroy());
  let answer: Answer;
  try {
    answer = await route(host, request);
  } catch (error) {
    if (error instanceof RequestProblem) {
      answer = error.answer;
    } else {
      host.failed(error);
      answer = { status: 500, code: "Error.InternalServerError", message: "Internal server error", target: "Service" };
    }
  }
  write(response, answer, request.method === "HEAD");
}

async function route(host: RestHost, request: IncomingMessage): Promise<Answer> {
  const method = request.method ?? "GET";
  const target = request.url ?? "/";
  const [path = "/", search = ""] = splitQuery(target);
  const query = new Query(search);
  if (path.toLowerCase() === "/api/health") {
    if (method !== "HEAD") return wrongMethod(method, ["HEAD"]);
    return versionProblem(query) ?? { status: 200 };
  }
  if (/^\/clients?(\/|$)/i.test(path)) return badRequest("This address takes WebSocket connections only.");
  const match = hubPrefix.exec(path);
  const found = match?.[2] === undefined ? [] : find(match[2]);
  if (match?.[1] === undefined || found.length === 0) return notFound();
  const hosts = [...host.hosts, request.headers.host ?? ""];
  const token = bearerToken(new URLSearchParams(), request.headers.authorization);
  if (token === undefined) return unauthorized("The header Authorization: Bearer <token> is missing.");
  const verified = verifyToken(token, host.keys, host.now());
  if (!verified.ok) return unauthorized(verified.problem);
  if (!isRestAudience(verified.claims["aud"], target, hosts)) {
    return unauthorized("The access token was refused: its audience (aud) is not the URL of this request.");
  }
  const matched = found.find((candidate) => candidate.method === method);
  if (matched === undefined) {
    return wrongMethod(
      method,
      found.map((candidate) => candidate.method),
    );
  }
  const hub = decodeSegment(match[1]);
  if (hub === undefined || !isHubName(hub)) return badRequest("The hub name is not valid.");
  const call: Call = {
    hub: host.hub(hub),
    names: matched.names,
    query,
    request,
    url: `${scheme(request)}://${request.headers.host ?? host.hosts[0]}${path}`,
  };
  return versionProblem(query) ?? nameProblem(call, matched) ?? matched.handle(call);
}

interface Candidate {
  readonly method: string;
  readonly kinds: readonly string[];
  readonly names: readonly string[];
  readonly handle: Handler;
}

/** All routes of this path, whatever their method. */
function find(path: string): readonly Candidate[] {
  const given = path.split("/");
  return table.flatMap(({ method, segments, handle }) => {
    if (segments.length !== given.length) return [];
    const kinds: string[] = [];
    const names: string[] = [];
    for (const [i, segment] of segments.entries()) {
      const text = given[i] ?? "";
      const name = segment.startsWith("{") ? decodeSegment(text) : undefined;
      if (name !== undefined) {
        kinds.push(segment);
        names.push(name);
      } else if (segment.toLowerCase() !== text.toLowerCase()) return [];
    }
    return [{ method, kinds, names, handle }];
  });
}

function nameProblem(call: Call, { kinds, names }: Candidate): Answer | undefined {
  for (const [i, kind] of kinds.entries()) {
    const name = names[i] ?? "";
    if (kind === "{group}" && !isGroupName(name, call.hub.limits.groupNameCharsMax)) {
      return badRequest(`A group name has 1 to ${call.hub.limits.groupNameCharsMax} characters and is not blank.`);
    }
    if (name === "") return badRequest("A name in the path is empty.");
  }
  return undefined;
}

/** Absent means the newest. */
function versionProblem(query: Query): Answer | undefined {
  const given = query.all("api-version");
  if (given.length === 0 || (given.length === 1 && versions.includes(given[0] ?? ""))) return undefined;
  return badRequest(`api-version must be given at most once, as one of ${versions.join(", ")}.`);
}

function splitQuery(target: string): [string, string] {
  const at = target.indexOf("?");
  return at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // Not percent-encoded text: matches nothing.
  }
}

function notFound(): Answer {
  return { status: 404, code: "Error.NotFound", message: "There is no such operation.", target: "Request" };
}

/** A proxy in front that speaks TLS says so: the links in answers must lead back to it. */
function scheme(request: IncomingMessage): "http" | "https" {
  return request.headers["x-forwarded-proto"] === "https" ? "https" : "http";
}

function wrongMethod(method: string, taken: readonly string[]): Answer {
  const message = `The operation does not take the method ${method}, but ${taken.join(", ")}.`;
  return { status: 405, code: "Error.MethodNotAllowed", message, target: "Request" };
}

function write(response: ServerResponse, answer: Answer, headOnly: boolean): void {
  response.statusCode = answer.status;
  response.setHeader("api-supported-versions", versions.join(", "));
  if ("code" in answer) response.setHeader("x-ms-error-code", answer.code);
  if (answer.status === 401) response.setHeader("WWW-Authenticate", "Bearer");
  const body = "code" in answer ? { code: answer.code, message: answer.message, target: answer.target } : answer.body;
  if (body === undefined || headOnly) {
    if (answer.status !== 204) response.setHeader("Content-Length", 0);
    response.end();
    return;
  }
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.end(JSON.stringify(body));
}
