import type { IncomingMessage, ServerResponse } from "node:http";
import { Faults } from "../core/faults.ts";
import type { Hub } from "../core/hub.ts";
import type { Clock } from "../core/ports.ts";
import type { LogLine } from "../log.ts";
import { Batcher } from "./batcher.ts";
import { FaultControl } from "./fault-control.ts";
import { serveFaults } from "./fault-routes.ts";
import type { LineHost } from "./line.ts";
import { filterCharsMax, Live } from "./live.ts";
import { isLocal } from "./local.ts";
import { Meter } from "./meter.ts";
import { Metrics } from "./metrics.ts";
import { Overviews } from "./overview.ts";
import { isPage, servePage } from "./page.ts";
import { Tail } from "./tail.ts";

export interface FrontOptions {
  readonly clock: Clock;
  readonly hubs: () => Iterable<Hub>;
  /** Of the chances of fault rules. */
  readonly seed: number;
  /** Take fault rules at `/faults`. */
  readonly faultRoutes: boolean;
  /** Show payloads on the live page: only when the service itself listens on loopback. */
  readonly payloads: boolean;
}

/** What stands before the service proper: counters, the live page, metrics, and faults on purpose. */
export class Front {
  readonly faults: FaultControl;
  readonly #faults: Faults;
  readonly #faultRoutes: boolean;
  readonly #meter: Meter = new Meter();
  /** What a new socket writes to and reads through belongs to this. */
  readonly lines: LineHost;
  readonly #live: Live;
  readonly #metrics: Metrics;

  constructor({ clock, hubs, seed, faultRoutes, payloads }: FrontOptions) {
    this.#faults = new Faults(seed);
    this.#faultRoutes = faultRoutes;
    this.faults = new FaultControl(this.#faults, hubs);
    const tail = new Tail({ payloads, now: () => Date.now() });
    const meter = this.#meter;
    this.lines = { clock, faults: this.#faults, meter, tail, batcher: new Batcher() };
    const faultRules = () => this.#faults.rules.length;
    this.#live = new Live(new Overviews({ meter, hubs, faultRules, now: () => clock.now() }), tail);
    this.#metrics = new Metrics(meter, hubs);
  }

  /** Everything the service logs passes here, for the counters. */
  note(event: LogLine): void {
    this.#meter.note(event);
  }

  /** A recovery that a fault rule refuses. */
  refusesRecovery(hub: Hub, connectionId: string): boolean {
    if (!this.#faults.active) return false;
    const userId = hub.connections.get(connectionId)?.identity.userId;
    return this.#faults.refusesRecovery(hub.name, connectionId, userId);
  }

  /** True when the request is answered here. False: it is a REST call, or of nobody. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.faults.down) {
      request.socket.destroy();
      return true;
    }
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    return path.startsWith("/api/") ? this.#serveCall(path, request, response) : this.show(request, response);
  }

  /** The live page, the metrics and fault rules over HTTP. False for all other paths. */
  show(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    const faults = path === "/faults" || path.startsWith("/faults/");
    const page = isPage(path) && request.method === "GET";
    if (!faults && !page && path !== "/metrics" && path !== "/live") return false;
    guard(request, response);
    if (path === "/metrics") {
      if (!onlyGet(request, response)) return true;
      response.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      response.end(this.#metrics.text());
    } else if (!isLocal(request)) {
      say(response, 403, "This page is for the machine the service runs on: open it as 127.0.0.1 or localhost.");
    } else if (faults) {
      this.#serveFaults(path, request, response);
    } else if (onlyGet(request, response) && !servePage(path, response)) {
      this.#serveLive(request, response);
    }
    return true;
  }

  end(): void {
    this.#live.end();
    this.#metrics.end();
    this.#faults.clear();
  }

  #serveCall(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    response.on("finish", () => this.#meter.called(response.statusCode));
    const fault = this.#faults.active ? this.#faults.refusesCall(path) : undefined;
    if (fault === undefined) return false;
    if (fault.retryAfterSeconds !== undefined) response.setHeader("Retry-After", String(fault.retryAfterSeconds));
    request.resume();
    say(response, fault.status, "A fault rule refuses this call.");
    return true;
  }

  #serveFaults(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (this.#faultRoutes) void serveFaults({ faults: this.#faults, control: this.faults }, path, request, response);
    else say(response, 403, "Fault rules over HTTP are off. Start the service with --faults, on a loopback address.");
  }

  #serveLive(request: IncomingMessage, response: ServerResponse): void {
    const filter = new URLSearchParams((request.url ?? "").split("?")[1] ?? "").get("filter") ?? "";
    if (filter.length > filterCharsMax) say(response, 400, `The filter has at most ${filterCharsMax} characters.`);
    else if (!this.#live.open(response, filter)) say(response, 503, "Too many live pages are open. Close one.");
  }
}

/** For every answer of this file: nothing is kept, nothing is guessed, nobody else's page reads it. */
function guard(request: IncomingMessage, response: ServerResponse): void {
  request.on("error", () => response.destroy());
  response.on("error", () => request.destroy());
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Referrer-Policy", "no-referrer");
}

function onlyGet(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === "GET") return true;
  response.setHeader("Allow", "GET");
  say(response, 405, "This address takes GET only.");
  return false;
}

function say(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${text}\n`);
}
