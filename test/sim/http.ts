import {
  type Cursor,
  type DocumentId,
  type Failure,
  type Head,
  type LogPage,
  type Receipt,
  type Server,
  ServerFailure,
  type SessionCard,
  type SnapshotBody,
  type SnapshotRef,
  type Ticket,
  type UploadBatch,
} from "y-webpubsub/core";
import type { VirtualClock } from "./clock.ts";
import type { HttpFaults } from "./plan.ts";
import type { SeededRandom } from "./random.ts";
import type { TabClock } from "./tab-clock.ts";
import type { Trace } from "./trace.ts";

/** What one server answers to one user. Every method rejects with a `ServerFailure` and nothing else. */
export interface Backend {
  negotiate(card: SessionCard): Promise<Ticket>;
  snapshot(ref: SnapshotRef): Promise<SnapshotBody>;
  log(generation: number, after: Cursor): Promise<LogPage>;
  upload(generation: number, batch: UploadBatch): Promise<Receipt>;
  head(generation: number, cursor: Cursor, digest: Uint8Array): Promise<Head>;
}

export interface HttpOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly tab: TabClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly faults: () => HttpFaults;
  /** False while the user is offline. */
  readonly reachable: () => boolean;
  /** The server that a load balancer chose; `died` resolves if its process ends. Undefined: none is up. */
  readonly route: () => { readonly backend: Backend; readonly died: Promise<"died"> } | undefined;
}

/** Requests that get no answer end after this time, as in the shipped HTTP port. */
const timeoutMs = 15_000;

/** The HTTP side of one tab: requests and replies travel, get lost, are refused for a while. */
export class FaultyHttp implements Server {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  negotiate(_document: DocumentId, card: SessionCard, signal: AbortSignal): Promise<Ticket> {
    return this.#request("negotiate", signal, (backend) => backend.negotiate(card));
  }

  snapshot(_document: DocumentId, ref: SnapshotRef, signal: AbortSignal): Promise<SnapshotBody> {
    return this.#request("snapshot-read", signal, (backend) => backend.snapshot(ref));
  }

  log(_document: DocumentId, generation: number, after: Cursor, signal: AbortSignal): Promise<LogPage> {
    return this.#request("log-read", signal, (backend) => backend.log(generation, after));
  }

  upload(
    _document: DocumentId,
    generation: number,
    batch: UploadBatch,
    _options: { readonly keepalive: boolean },
    signal: AbortSignal,
  ): Promise<Receipt> {
    return this.#request("upload", signal, (backend) => backend.upload(generation, batch));
  }

  head(
    _document: DocumentId,
    generation: number,
    cursor: Cursor,
    digest: Uint8Array,
    signal: AbortSignal,
  ): Promise<Head> {
    return this.#request("check", signal, (backend) => backend.head(generation, cursor, digest));
  }

  /** The answer reaches the tab on the tab's time; what was aborted meanwhile still happened at the server. */
  #request<T>(kind: string, signal: AbortSignal, perform: (backend: Backend) => Promise<T>): Promise<T> {
    const { tab, trace, name } = this.#options;
    return new Promise((resolve, reject) => {
      const abort = () => reject(unreachableFailure("aborted"));
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort);
      const settle = (outcome: () => void) =>
        tab.deliver(() => {
          signal.removeEventListener("abort", abort);
          outcome();
        });
      this.#travel(kind, perform).then(
        (value) => {
          trace.add(kind, name);
          settle(() => resolve(value));
        },
        (error: unknown) => {
          trace.add(`${kind}-failed`, name, error instanceof ServerFailure ? error.failure.kind : String(error));
          settle(() => reject(error));
        },
      );
    });
  }

  async #travel<T>(kind: string, perform: (backend: Backend) => Promise<T>): Promise<T> {
    const { clock, random, trace, name, reachable, route, faults } = this.#options;
    const { lostRequest, lostReply, unavailable, throttled } = faults();
    const note = (what: string) => trace.add(`http-${what}`, name, kind);
    if (!reachable()) throw unreachableFailure("offline");
    await clock.sleep(this.#delayMs());
    if (random.chance(lostRequest)) {
      note("lost-request");
      return await this.#noAnswer();
    }
    const server = route();
    if (server === undefined) {
      note("server-down");
      throw unreachableFailure("connection refused");
    }
    if (random.chance(unavailable)) {
      note("unavailable");
      throw unreachableFailure("503", random.chance(0.5) ? random.int(100, 2_000) : null);
    }
    if (random.chance(throttled)) {
      note("throttled");
      throw unreachableFailure("429", random.int(200, 4_000));
    }
    const answer = perform(server.backend).then((value) => ({ value }));
    const outcome = await Promise.race([server.died, answer]);
    if (outcome === "died") {
      note("server-died");
      return await this.#noAnswer();
    }
    if (random.chance(lostReply)) {
      note("lost-reply");
      return await this.#noAnswer();
    }
    await clock.sleep(this.#delayMs());
    return outcome.value;
  }

  async #noAnswer(): Promise<never> {
    const { clock, random } = this.#options;
    await clock.sleep(random.chance(0.3) ? timeoutMs : random.int(1, 500));
    throw unreachableFailure("no answer");
  }

  #delayMs(): number {
    return 1 + this.#options.random.around(this.#options.faults().delayMs);
  }
}

function unreachableFailure(message: string, retryAfterMs: number | null = null): ServerFailure {
  const failure: Failure = { kind: "unreachable", message, retryAfterMs };
  return new ServerFailure(failure);
}
