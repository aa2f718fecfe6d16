import { SendMessageError, WebPubSubClient } from "@azure/web-pubsub-client";
import type { Cancel, Clock, Drops, GroupName, Link, LinkEvent, Transport } from "../core/ports.ts";
import { Backlog } from "./backlog.ts";
import { portLimits } from "./limits.ts";
import { lineProtocol, namesSenders, pingEvent, type Subprotocol } from "./line-protocol.ts";
import { quietAcks } from "./quiet-acks.ts";
import { reasonOf } from "./reason.ts";

export interface TransportOptions {
  readonly protocol: Subprotocol;
  readonly clock: Clock;
  readonly drops: Drops;
}

/** Connections of Web PubSub through the official client, each dialled once: the core redials with a fresh ticket (CN3). */
export function webPubSubTransport(options: TransportOptions): Transport {
  return {
    open(access: () => Promise<string>, on: (event: LinkEvent) => void): Link {
      const link = new ServiceLink(access, on, options);
      link.dial();
      return link;
    },
    wireBytes: namesSenders(options.protocol)
      ? (bytes) => portLimits.jsonEnvelopeBytes + Math.ceil(bytes / 3) * 4 // Base64 in JSON.
      : (bytes) => portLimits.protobufEnvelopeBytes + bytes,
  };
}

/** A publish that asks for an ack; `ackId` is null the first time. */
interface Marked {
  readonly group: GroupName;
  readonly data: ArrayBuffer;
  readonly confirm: boolean;
  readonly ackId: number | null;
}

type Phase = "dialing" | "live" | "interrupted" | "ended";

/**
 * One connection. What the official client does not tell is derived from two facts: a ping whose ack never comes is
 * rejected at the moment the socket closes (`interrupted`), and whatever arrives after that came over a recovered one
 * (`resumed`).
 */
class ServiceLink implements Link {
  readonly #on: (event: LinkEvent) => void;
  readonly #clock: Clock;
  readonly #drops: Drops;
  readonly #client: WebPubSubClient;
  readonly #backlog = new Backlog();
  readonly #watching = new AbortController();
  readonly #acksDue = new Set<Cancel>();
  #phase: Phase = "dialing";
  #askAgain: Marked | null = null;
  /** Pings since something was last heard. Counted, not timed: a tab that slept has not been waiting. */
  #pingsUnanswered = 0;
  #cancelTimer: Cancel = () => undefined;

  constructor(access: () => Promise<string>, on: (event: LinkEvent) => void, options: TransportOptions) {
    this.#on = on;
    this.#clock = options.clock;
    this.#drops = options.drops;
    const link = this;
    this.#client = new WebPubSubClient(
      { getClientAccessUrl: () => this.#access(access) },
      {
        protocol: lineProtocol(options.protocol, {
          heard: () => this.#heard(),
          dismissed: (reason) => this.#end(reason),
          get wanted(): boolean {
            return link.#phase !== "ended";
          },
          drop: (reason) => this.#drops.drop(reason),
        }),
        autoReconnect: false,
        autoRejoinGroups: false,
        // A retry takes a new ack id and may deliver twice; the core repairs by itself.
        messageRetryOptions: { maxRetries: 0 },
        // The client's own keep-alive leaves timers of up to 40 s behind after stop().
        keepAliveIntervalInMs: 0,
        keepAliveTimeoutInMs: 0,
      },
    );
    quietAcks(this.#client);
    this.#client.on("connected", (event) => this.#joined(event.connectionId));
    this.#client.on("group-message", ({ message }) => this.#received(message.group, message.fromUserId, message.data));
    this.#client.on("stopped", () => {
      this.#end("The connection ended.");
      this.#cancelTimer();
    });
  }

  dial(): void {
    this.#cancelTimer = this.#clock.after(portLimits.dialMsMax, () => this.#end("The service did not answer in time."));
    void this.#start();
  }

  publish(group: GroupName, bytes: Uint8Array, confirm: boolean): "accepted" | "full" {
    // Between two sockets nothing can be sent.
    if (this.#phase !== "live" || this.#backlog.offer(bytes.byteLength) === "full") return "full";
    // The client takes an ArrayBuffer and sends the whole of it.
    const data = bytes.slice().buffer;
    if (confirm || this.#backlog.markDue) void this.#publishMarked({ group, data, confirm, ackId: null });
    else void this.#publishUnmarked(group, data);
    return "accepted";
  }

  close(): void {
    if (this.#phase === "ended") return;
    this.#shut();
  }

  async #access(access: () => Promise<string>): Promise<string> {
    const url = await access();
    if (this.#phase === "ended") throw new Error("The link was closed.");
    return url;
  }

  async #start(): Promise<void> {
    try {
      await this.#client.start();
      // stop() does nothing while the client dials: a link closed meanwhile is stopped here.
      if (this.#phase === "ended") this.#client.stop();
    } catch (error) {
      this.#end(reasonOf(error));
    }
  }

  #joined(connectionId: string): void {
    if (this.#phase !== "dialing") return;
    this.#settle();
    this.#on({ type: "joined", connectionId });
  }

  #settle(): void {
    this.#phase = "live";
    this.#cancelTimer();
    this.#ping();
    void this.#watchSocket();
  }

  #received(group: string, fromUserId: unknown, data: unknown): void {
    if (this.#phase === "ended") return;
    if (!(data instanceof ArrayBuffer)) {
      this.#drops.drop("not-binary");
      return;
    }
    this.#on({
      type: "received",
      group: group as GroupName,
      bytes: new Uint8Array(data),
      // Left out or null for a message that was sent over REST, empty on protobuf.
      fromUserId: typeof fromUserId === "string" && fromUserId !== "" ? fromUserId : null,
    });
  }

  #heard(): void {
    this.#pingsUnanswered = 0;
    if (this.#phase === "ended") {
      // A recovery that was under way when the link was closed got through.
      this.#client.stop();
    } else if (this.#phase === "interrupted") {
      this.#settle();
      this.#on({ type: "resumed" });
      const again = this.#askAgain;
      this.#askAgain = null;
      if (again !== null) void this.#publishMarked(again);
    }
  }

  /** A ping that asks for an ack it never gets: the client rejects it when the socket closes, and only then. */
  async #watchSocket(): Promise<void> {
    try {
      await this.#client.sendEvent(pingEvent, "", "text", { abortSignal: this.#watching.signal });
    } catch {
      // The rejection is the fact: this socket is gone. After a final end `stopped` was first.
      if (this.#phase !== "live") return;
      this.#phase = "interrupted";
      this.#backlog.clear();
      this.#cancelTimer();
      this.#probe(this.#clock.now());
      this.#on({ type: "interrupted" });
    }
  }

  /** Keeps the line busy and notices when nothing comes back. */
  #ping(): void {
    this.#cancelTimer = this.#clock.after(portLimits.pingEveryMs, () => {
      if (this.#pingsUnanswered >= portLimits.pingsUnansweredMax) return this.#end("The line fell silent.");
      this.#pingsUnanswered += 1;
      void this.#sendPing();
      this.#ping();
    });
  }

  /** A service need not greet a recovered connection: the answer to a ping is heard in any case. */
  #probe(since: number): void {
    this.#cancelTimer = this.#clock.after(portLimits.retireEveryMs, () => {
      if (this.#clock.now() - since > portLimits.recoveryMsMax) return this.#end("The connection was not recovered.");
      void this.#sendPing();
      this.#probe(since);
    });
  }

  async #sendPing(): Promise<void> {
    try {
      await this.#client.sendEvent(pingEvent, "", "text", { fireAndForget: true });
    } catch {
      this.#drops.drop("unsent-ping");
    }
  }

  async #publishUnmarked(group: GroupName, data: ArrayBuffer): Promise<void> {
    try {
      await this.#client.sendToGroup(group, data, "binary", { noEcho: true, fireAndForget: true });
    } catch {
      // The socket closed under it. The frame is lost on the line; sequence numbers show the gap (SY8).
      this.#drops.drop("unsent-frame");
    }
  }

  async #publishMarked(publish: Marked): Promise<void> {
    const { group, data, confirm, ackId } = publish;
    const arrived = this.#backlog.mark();
    const cancel = this.#clock.after(portLimits.ackMsMax, () => this.#unanswered(confirm));
    this.#acksDue.add(cancel);
    try {
      await this.#client.sendToGroup(group, data, "binary", { noEcho: true, ...(ackId === null ? {} : { ackId }) });
      if (confirm && this.#phase === "live") this.#on({ type: "confirmed", group });
    } catch (error) {
      if (confirm && this.#phase !== "ended") this.#unacked(publish, error);
    } finally {
      arrived();
      cancel();
      this.#acksDue.delete(cancel);
    }
  }

  #unacked(publish: Marked, error: unknown): void {
    const { ackId, errorDetail } = error instanceof SendMessageError ? error : { ackId: null, errorDetail: undefined };
    if (errorDetail === undefined && ackId !== null && ackId !== undefined) {
      // CN5: the socket closed before the ack. Asked again over the recovered one; the same ack id is never published twice.
      this.#askAgain = { ...publish, ackId };
    } else {
      this.#on({ type: "unconfirmed", reason: errorDetail?.name ?? reasonOf(error), group: publish.group });
    }
  }

  /** CN7: the service has not acked in time. Asked for, the core decides; else the line is as good as dead. */
  #unanswered(confirm: boolean): void {
    if (this.#phase === "live" && !confirm) this.#end("The service stopped answering.");
  }

  #end(reason: string): void {
    if (this.#phase === "ended") return;
    this.#shut();
    this.#on({ type: "closed", reason });
  }

  #shut(): void {
    const before = this.#phase;
    this.#phase = "ended";
    this.#cancelTimer();
    for (const cancel of this.#acksDue) cancel();
    this.#watching.abort();
    this.#client.stop();
    if (before === "interrupted") this.#retire(this.#clock.now());
  }

  /** stop() does nothing between two sockets: a recovery that was already under way is stopped when it gets through. */
  #retire(since: number): void {
    this.#cancelTimer = this.#clock.after(portLimits.retireEveryMs, () => {
      this.#client.stop();
      if (this.#clock.now() - since < portLimits.recoveryMsMax) this.#retire(since);
    });
  }
}
