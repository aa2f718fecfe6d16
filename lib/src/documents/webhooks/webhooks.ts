import { createHmac, randomUUID } from "node:crypto";
import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { Counters, WallClock } from "../../core/index.ts";
import { type Delivered, type Delivery, deliver } from "./deliver.ts";
import { webhookLimits } from "./limits.ts";

export type WebhookEvent = "changed" | "saved" | "empty" | "deleted";

export interface WebhookOptions {
  /** `https:`, at an address of the public internet, unless `anyAddress`. */
  readonly url: string;
  /** At least 32 characters; the receiver compares signatures made with it. */
  readonly secret: string;
  /** Default: all. */
  readonly events?: readonly WebhookEvent[];
  /** Also `http:` and private addresses: for development and for receivers in the own network. Default false. */
  readonly anyAddress?: boolean;
}

export interface WebhookPorts {
  readonly clock: WallClock;
  readonly counters: Counters;
  /** [0, 1) */
  readonly random: () => number;
  readonly failed: (document: DocumentId, event: WebhookEvent, reason: string) => void;
  readonly send?: (delivery: Delivery) => Promise<Delivered>;
}

interface Head {
  readonly document: DocumentId;
  readonly generation: number;
  readonly head: Cursor;
}

interface Call extends Head {
  readonly event: WebhookEvent;
  readonly id: string;
  readonly atMs: number;
  tries: number;
}

/** WH: tells another program what happens to documents. A hint that may come twice or late, never the content. */
export class Webhooks {
  readonly #url: URL;
  readonly #options: WebhookOptions;
  readonly #ports: WebhookPorts;
  readonly #abort: AbortController = new AbortController();
  /** By document and event. */
  readonly #waiting: Map<string, Call> = new Map();
  readonly #timers: Map<string, () => void> = new Map();
  /** What a call that is not due yet will say. */
  readonly #heads: Map<string, Head> = new Map();
  readonly #underWay: Set<Promise<void>> = new Set();

  /** Throws a `TypeError` with the next step when an option is not usable. */
  constructor(options: WebhookOptions, ports: WebhookPorts) {
    this.#url = checkedUrl(options);
    if (options.secret.length < webhookLimits.secretLengthMin) {
      throw new TypeError(
        `webhook.secret must have at least ${webhookLimits.secretLengthMin} characters. Make a longer one.`,
      );
    }
    this.#options = options;
    this.#ports = ports;
  }

  /** An edit is durable. */
  stored(document: DocumentId, generation: number, head: Cursor): void {
    const words = { document, generation, head };
    this.#later("changed", words, webhookLimits.changedMs, "keep");
    this.#later("saved", words, webhookLimits.quietMs, "restart");
  }

  happened(event: "empty" | "deleted", document: DocumentId, generation: number, head: Cursor): void {
    this.#offer({ document, event, generation, head });
  }

  /** What waits is given up: receivers find out when they ask. */
  async close(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#waiting.clear();
    this.#abort.abort();
    await Promise.allSettled(this.#underWay);
  }

  #later(event: WebhookEvent, words: Head, delayMs: number, how: "keep" | "restart"): void {
    if (!this.#wants(event)) return;
    const key = keyOf(words.document, event);
    const known = this.#timers.get(key);
    this.#heads.set(key, words);
    if (known !== undefined && how === "keep") return;
    known?.();
    this.#timers.set(
      key,
      this.#ports.clock.after(delayMs, () => {
        this.#timers.delete(key);
        const newest = this.#heads.get(key) ?? words;
        this.#heads.delete(key);
        this.#offer({ event, ...newest });
      }),
    );
  }

  #wants(event: WebhookEvent): boolean {
    return this.#options.events?.includes(event) ?? true;
  }

  #offer(words: Head & Pick<Call, "event">): void {
    if (!this.#wants(words.event) || this.#abort.signal.aborted) return;
    const key = keyOf(words.document, words.event);
    this.#waiting.delete(key);
    if (this.#waiting.size >= webhookLimits.waitingMax) {
      this.#waiting.delete(this.#waiting.keys().next().value ?? key);
      this.#ports.counters.count("webhooks-dropped");
    }
    this.#waiting.set(key, { ...words, id: randomUUID(), atMs: this.#ports.clock.now(), tries: 0 });
    this.#pump();
  }

  #pump(): void {
    for (const [key, call] of this.#waiting) {
      if (this.#underWay.size >= webhookLimits.callsMax) return;
      this.#waiting.delete(key);
      const work = this.#call(key, call).finally(() => {
        this.#underWay.delete(work);
        this.#pump();
      });
      this.#underWay.add(work);
    }
  }

  async #call(key: string, call: Call): Promise<void> {
    call.tries += 1;
    const done = await (this.#ports.send ?? deliver)(this.#delivery(call));
    if (done.outcome === "taken") {
      this.#ports.counters.count(`webhooks-${call.event}`);
      return;
    }
    if (this.#abort.signal.aborted) return;
    if (done.outcome === "refused" || call.tries >= webhookLimits.triesMax) {
      this.#ports.counters.count("webhooks-failed");
      this.#ports.failed(call.document, call.event, done.reason);
      return;
    }
    const { waitMsFirst, waitMsMax } = webhookLimits;
    const waitMs = Math.min(waitMsMax, waitMsFirst * 2 ** (call.tries - 1)) * (0.5 + this.#ports.random() / 2);
    const retry = `retry ${key}`;
    this.#timers.get(retry)?.();
    this.#timers.set(
      retry,
      this.#ports.clock.after(waitMs, () => {
        this.#timers.delete(retry);
        // A newer call of the same kind says all that this one would.
        if (!this.#waiting.has(key)) this.#waiting.set(key, call);
        this.#pump();
      }),
    );
  }

  /** The signature covers time and body, so that an old call cannot be played again for long. */
  #delivery({ id, event, document, generation, head, atMs }: Call): Delivery {
    const body = JSON.stringify({ id, event, document, generation, head, at: new Date(atMs).toISOString() });
    const seconds = Math.floor(this.#ports.clock.now() / 1_000);
    const signature = createHmac("sha256", this.#options.secret).update(`${seconds}.${body}`).digest("hex");
    const headers = {
      "Content-Type": "application/json",
      "User-Agent": "y-webpubsub-server",
      "Webhook-Signature": `t=${seconds},v1=${signature}`,
    };
    const { anyAddress = false } = this.#options;
    return { url: this.#url, headers, body, anyAddress, signal: this.#abort.signal };
  }
}

function keyOf(document: DocumentId, event: WebhookEvent): string {
  return `${event} ${document}`;
}

function checkedUrl({ url, anyAddress = false }: WebhookOptions): URL {
  if (!URL.canParse(url)) throw new TypeError("webhook.url is no URL. Give one like https://example.org/hooks.");
  const parsed = new URL(url);
  const isFine = parsed.protocol === "https:" || (anyAddress && parsed.protocol === "http:");
  if (!isFine) throw new TypeError("webhook.url must begin with https:. For development set webhook.anyAddress.");
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError("webhook.url must not hold a password. The receiver knows the caller by the signature.");
  }
  return parsed;
}
