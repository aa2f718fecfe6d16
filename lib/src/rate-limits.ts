import { isIPv6 } from "node:net";
import type { Request } from "express";
import type { DocumentId, UserId } from "y-webpubsub/core";
import { rateLimits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import { Problem } from "./problems.ts";
import { type Rate, TokenBuckets } from "./token-buckets.ts";

/** What is counted, and for whom. Each is answered 429 with `Retry-After` when it is used up. */
export interface RateLimits {
  /** All requests of one address. Default: 5,000 at once, 500 a second. */
  readonly address: Rate;
  /** Requests of one address that `authorize` refused. Default: 200 at once, 2 a second. */
  readonly refused: Rate;
  /** Negotiations of one user. Default: 500 at once, 5 a second. */
  readonly negotiate: Rate;
  /** Uploads of one user. Default: 1,000 at once, 50 a second. */
  readonly upload: Rate;
  /** Bytes that one user uploads. Default: 512 MiB at once, 8 MiB a second. */
  readonly uploadBytes: Rate;
  /** Reads (log, head, snapshot) of one user. Default: 2,000 at once, 50 a second. */
  readonly read: Rate;
  /** Uploads to one document, of all users together. Default: 5,000 at once, 500 a second. */
  readonly document: Rate;
}

export type RateName = keyof RateLimits;

/** Measured against people: an editor uploads once a second at most, negotiates once a connection and reads on joining. */
export const defaultRates: RateLimits = {
  address: { burst: 5_000, perSecond: 500 },
  refused: { burst: 200, perSecond: 2 },
  negotiate: { burst: 500, perSecond: 5 },
  upload: { burst: 1_000, perSecond: 50 },
  uploadBytes: { burst: 536_870_912, perSecond: 8_388_608 },
  read: { burst: 2_000, perSecond: 50 },
  document: { burst: 5_000, perSecond: 500 },
};

/** Counts requests of this server; several servers count apart, so a limit is at most multiplied by their number. */
export class RateGate {
  readonly #buckets: ReadonlyMap<RateName, TokenBuckets>;
  readonly #metrics: Metrics;

  constructor(rates: RateLimits | "off", { now, metrics }: { readonly now: () => number; readonly metrics: Metrics }) {
    const made = (rate: Rate) => new TokenBuckets(rate, { now, keysMax: rateLimits.keysMax });
    const names = Object.keys(defaultRates) as RateName[];
    this.#buckets = rates === "off" ? new Map() : new Map(names.map((name) => [name, made(rates[name])]));
    this.#metrics = metrics;
  }

  /** To be asked before anything else is done for a request. */
  arrived(request: Request): void {
    const address = addressOf(request);
    this.#take("address", address);
    // Somebody who was refused again and again is not asked about any more, until the bucket fills.
    this.#refuse("refused", this.#buckets.get("refused")?.waitMs(address) ?? 0);
  }

  /** `authorize` said no. */
  refused(request: Request): void {
    this.#buckets.get("refused")?.take(addressOf(request));
  }

  negotiated(userId: UserId): void {
    this.#take("negotiate", userId);
  }

  reading(userId: UserId): void {
    this.#take("read", userId);
  }

  uploading(userId: UserId, document: DocumentId): void {
    this.#take("upload", userId);
    this.#take("document", document);
  }

  received(userId: UserId, bytes: number): void {
    this.#take("uploadBytes", userId, bytes);
  }

  #take(name: RateName, key: string, cost = 1): void {
    this.#refuse(name, this.#buckets.get(name)?.take(key, cost) ?? 0);
  }

  #refuse(name: RateName, waitMs: number): void {
    if (waitMs === 0) return;
    this.#metrics.count(`rate-limited-${name}`);
    throw new Problem("too-many-requests", { what: name, retryAfterS: Math.ceil(waitMs / 1_000) });
  }
}

/**
 * Who is counted: the peer's address, or what the application's `trust proxy` setting makes of `X-Forwarded-For`. Of
 * IPv6 the first 64 bits: one subscriber has them all.
 */
export function addressOf(request: Request): string {
  const address = request.ip ?? request.socket.remoteAddress ?? "unknown";
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? network(address);
}

function network(address: string): string {
  const [head = "", tail = ""] = address.split("%")[0]?.split("::") ?? [];
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  return [...front, ...zeros, ...back].slice(0, 4).join(":").toLowerCase();
}
