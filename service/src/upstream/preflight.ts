import type { Clock } from "../core/ports.ts";
import type { Caller, Incoming } from "./exchange.ts";
import { shown } from "./handlers.ts";
import type { UpstreamLimits } from "./limits.ts";

/**
 * Abuse protection: a handler must agree to be called by this service before any event goes to it. An answer is kept
 * for a while; after a refusal nobody asks again before a growing pause is over.
 */
export class Preflight {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #limits: UpstreamLimits;
  readonly #known: Map<string, Known> = new Map();

  constructor(caller: Caller, clock: Clock, limits: UpstreamLimits) {
    this.#caller = caller;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Undefined when the handler agreed, otherwise why it must not be called. `url` is the template's with `validate`. */
  async problem(url: URL, origin: string): Promise<string | undefined> {
    const key = `${origin} ${url.href}`;
    const known = this.#known.get(key);
    if (known !== undefined && (known.until === "asking" || this.#clock.now() < known.until)) return known.problem;
    const asking: Known = { until: "asking", pauseMs: 0, problem: this.#ask(url, origin) };
    this.#known.set(key, asking);
    const problem = await asking.problem;
    const pauseMs = Math.min(
      this.#limits.preflightPauseMsMax,
      known === undefined || known.pauseMs === 0 ? this.#limits.preflightPauseMs : known.pauseMs * 2,
    );
    const validMs = problem === undefined ? this.#limits.preflightFreshMs : pauseMs;
    this.#known.set(key, {
      until: this.#clock.now() + validMs,
      pauseMs: problem === undefined ? 0 : pauseMs,
      problem: asking.problem,
    });
    return problem;
  }

  /** For changed settings: every handler is asked anew. */
  forget(): void {
    this.#known.clear();
  }

  async #ask(url: URL, origin: string): Promise<string | undefined> {
    const options = verdict(await this.#call("OPTIONS", url, origin), url, origin);
    // Some web servers do not route OPTIONS: Microsoft's emulator tries GET then.
    if (options !== notFound) return options;
    const get = verdict(await this.#call("GET", url, origin), url, origin);
    return get === notFound ? `${shown(url)} answered 404 to abuse protection.` : get;
  }

  #call(method: "OPTIONS" | "GET", url: URL, origin: string): Promise<Incoming> {
    const { preflightMs, answerBytesMax } = this.#limits;
    const headers = { "webhook-request-origin": origin, "ce-awpsversion": "1.0" };
    return this.#caller.call({ method, url, headers, timeoutMs: preflightMs, answerBytesMax });
  }
}

interface Known {
  readonly until: number | "asking";
  /** The last pause after a failure; 0 after a success. */
  readonly pauseMs: number;
  readonly problem: Promise<string | undefined>;
}

const notFound = "not-found";

/** Undefined when the handler agreed, `notFound` for a 404, otherwise what is wrong in words. */
function verdict(incoming: Incoming, url: URL, origin: string): string | undefined {
  if (incoming.type !== "answer") return `${shown(url)} could not be asked for abuse protection: ${incoming.problem}`;
  if (incoming.status === 404) return notFound;
  if (incoming.status < 200 || incoming.status > 299) {
    return `${shown(url)} answered ${incoming.status} to abuse protection.`;
  }
  // Node joins repeated header lines with commas: all of them are looked at.
  const allowed = String(incoming.headers["webhook-allowed-origin"] ?? "").toLowerCase();
  const names = allowed.split(",").map((name) => name.trim());
  if (names.includes("*") || names.includes(origin.toLowerCase())) return undefined;
  return `${shown(url)} does not allow ${origin}: its WebHook-Allowed-Origin is '${allowed}'.`;
}
