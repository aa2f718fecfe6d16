import type { GroupName, Link, LinkEvent } from "y-webpubsub/core";
import type { Break, NetworkOptions } from "./network.ts";
import { Wire } from "./wire.ts";

type State =
  | { readonly phase: "dialing" }
  | { readonly phase: "open"; readonly wire: Wire }
  | { readonly phase: "recovering"; readonly until: number; readonly wire: Wire | undefined }
  | { readonly phase: "ended" };

/** As in the official client and the shipped transport over it. */
const sequenceAckMs = 1_000;
const recoveryEveryMs = 1_000;
const recoveryMs = 30_000;
const pingMs = 20_000;
const silenceMsMax = 45_000;
const confirmMs = 10_000;

/** One dial of the official client, as the shipped transport shows it to the core. */
export class SimLink implements Link {
  readonly #options: NetworkOptions;
  readonly #on: (event: LinkEvent) => void;
  readonly #held: () => "up" | "down" | "both" | undefined;
  #state: State = { phase: "dialing" };
  #identity: { readonly connectionId: string; readonly reconnectionToken: string | undefined } | undefined;
  #recoveryToken: "kept" | "forgotten" = "kept";
  #sequence = 0;
  #acknowledging = false;
  #ackId = 0;
  #captured: { readonly group: string; readonly data: string } | undefined;
  #heardAt = 0;
  readonly #confirms: Set<number> = new Set();

  constructor(options: NetworkOptions, on: (event: LinkEvent) => void, held: () => "up" | "down" | "both" | undefined) {
    this.#options = options;
    this.#on = on;
    this.#held = held;
  }

  async dial(access: () => Promise<string>): Promise<void> {
    const { tab, service, subprotocol } = this.#options;
    let url: string;
    try {
      url = await access();
    } catch (cause) {
      this.#end(`No access: ${cause instanceof Error ? cause.message : "unknown"}`);
      return;
    }
    await tab.sleep(this.#dialMs());
    if (this.#state.phase === "ended") return;
    const wire = this.#wire();
    const answer = this.#held() === undefined ? service.connect(url, subprotocol, wire) : "unreachable";
    if (answer !== "open") this.#end(answer);
    else {
      this.#state = { phase: "open", wire };
      this.#heardAt = tab.now();
      this.#pingLater();
    }
  }

  publish(group: GroupName, bytes: Uint8Array, confirm: boolean): "accepted" | "full" {
    const { tab, trace, name } = this.#options;
    const data = Buffer.from(bytes).toString("base64");
    const body = { group, noEcho: true, dataType: "binary", data };
    if (!confirm) return this.#send({ type: "sendToGroup", ...body }, true);
    const ackId = ++this.#ackId;
    const sent = this.#send({ type: "sendToGroup", ackId, ...body }, true);
    if (sent === "full") return sent;
    this.#confirms.add(ackId);
    // The core decides what a missing ack means (CN7); here it is only counted.
    tab.after(confirmMs, () => this.#confirms.has(ackId) && trace.add("ack-missing", name));
    return sent;
  }

  close(): void {
    const state = this.#state;
    this.#state = { phase: "ended" };
    if (state.phase === "open") state.wire.close(1000);
    if (state.phase === "recovering") state.wire?.close(1000);
  }

  break(how: Break): void {
    if (this.#state.phase !== "open") return;
    if (how === "half-open") this.#state.wire.swallow();
    else {
      if (how === "refused") this.#recoveryToken = "forgotten";
      this.#state.wire.cut(this.#options.random.around(200));
    }
  }

  /** A hostile client repeats what it heard, in the group where it heard it. Nobody may take it. */
  forge(): boolean {
    if (this.#captured === undefined) return false;
    this.#send({ type: "sendToGroup", ...this.#captured, noEcho: true, dataType: "binary" }, true);
    return true;
  }

  hold(which: "up" | "down" | "both", held: boolean): void {
    if (this.#state.phase === "open") this.#state.wire.hold(which, held);
  }

  #wire(): Wire {
    const { clock, tab, random, trace, faults, name } = this.#options;
    const wire: Wire = new Wire({
      ...{ name, clock, random, trace, faults },
      events: {
        text: (data) => tab.deliver(() => this.#receive(data)),
        closed: (code, reason) => tab.deliver(() => this.#lost(wire, code, reason)),
      },
    });
    return wire;
  }

  #send(message: object, data: boolean): "accepted" | "full" {
    // Between two sockets nothing can be sent.
    if (this.#state.phase !== "open") return "full";
    return this.#state.wire.send(JSON.stringify(message), data);
  }

  #receive(text: string): void {
    const message: ServiceMessage = JSON.parse(text);
    this.#heard();
    switch (message.type) {
      case "system":
        if (message.event === "connected") this.#connected(message);
        break;
      case "ack":
        if (!this.#confirms.delete(message.ackId)) break;
        if (message.success) this.#emit({ type: "confirmed" });
        else this.#emit({ type: "unconfirmed", reason: "The service refused." });
        break;
      case "message":
        if (message.sequenceId !== undefined) {
          if (message.sequenceId <= this.#sequence) break;
          this.#sequence = message.sequenceId;
          this.#acknowledgeLater();
        }
        // What the hostile member made in this one's name would really come from this one.
        if (!message.fromUserId?.endsWith(".hostile")) this.#captured = { group: message.group, data: message.data };
        this.#emit({
          type: "received",
          group: message.group as GroupName,
          bytes: new Uint8Array(Buffer.from(message.data, "base64")),
          fromUserId: message.fromUserId ?? null,
        });
        break;
      case "pong":
        break;
    }
  }

  /** What arrives over a new socket is the proof that the recovery was taken. */
  #heard(): void {
    this.#heardAt = this.#options.clock.now();
    if (this.#state.phase !== "recovering" || this.#state.wire === undefined) return;
    this.#state = { phase: "open", wire: this.#state.wire };
    this.#options.trace.add("recovered", this.#options.name);
    this.#emit({ type: "resumed" });
  }

  #connected(message: Extract<ServiceMessage, { type: "system" }>): void {
    this.#identity = { connectionId: message.connectionId, reconnectionToken: message.reconnectionToken };
    this.#emit({ type: "joined", connectionId: message.connectionId });
  }

  #lost(wire: Wire, code: number, reason: string): void {
    const { tab, service, trace, name } = this.#options;
    service.forget(wire);
    if (this.#state.phase === "ended" || this.#state.phase === "dialing") return;
    if (this.#state.wire !== wire) return;
    const recoverable = this.#identity?.reconnectionToken !== undefined && code !== 1000 && code !== 1008;
    if (!recoverable) {
      if (this.#state.phase === "recovering") trace.add("recovery-refused", name);
      this.#end(`${code} ${reason}`);
      return;
    }
    if (this.#state.phase === "open") {
      this.#state = { phase: "recovering", until: tab.now() + recoveryMs, wire: undefined };
      this.#emit({ type: "interrupted" });
      for (const _ of this.#confirms) this.#emit({ type: "unconfirmed", reason: "The connection broke." });
      this.#confirms.clear();
    } else this.#state = { ...this.#state, wire: undefined };
    tab.after(this.#dialMs(), () => this.#recover());
  }

  #recover(): void {
    const { tab, service } = this.#options;
    if (this.#state.phase !== "recovering") return;
    if (tab.now() > this.#state.until) {
      this.#end("The recovery window is over.");
      return;
    }
    const wire = this.#wire();
    const identity = this.#identity;
    const token = this.#recoveryToken === "kept" ? identity?.reconnectionToken : "not the token";
    const answer =
      this.#held() === undefined ? service.recover(identity?.connectionId ?? "", token ?? "", wire) : "unreachable";
    if (answer === "unreachable") {
      tab.after(recoveryEveryMs, () => this.#recover());
      return;
    }
    this.#state = { ...this.#state, wire };
    tab.after(this.#dialMs(), () => wire.send(JSON.stringify({ type: "ping" }), false));
  }

  #acknowledgeLater(): void {
    if (this.#acknowledging) return;
    this.#acknowledging = true;
    this.#options.tab.after(sequenceAckMs, () => {
      this.#acknowledging = false;
      this.#send({ type: "sequenceAck", sequenceId: this.#sequence }, false);
    });
  }

  #pingLater(): void {
    const { tab } = this.#options;
    tab.after(pingMs, () => {
      if (this.#state.phase === "ended") return;
      if (this.#state.phase === "open" && tab.now() - this.#heardAt > silenceMsMax) {
        this.close();
        this.#on({ type: "closed", reason: "The line fell silent." });
        return;
      }
      this.#send({ type: "ping" }, false);
      this.#pingLater();
    });
  }

  #dialMs(): number {
    return 5 + this.#options.random.around(20 + this.#options.faults().delayMs);
  }

  #emit(event: LinkEvent): void {
    if (this.#state.phase === "ended") return;
    this.#on(event);
  }

  #end(reason: string): void {
    if (this.#state.phase === "ended") return;
    this.#state = { phase: "ended" };
    this.#on({ type: "closed", reason });
  }
}

/** What the service sends, as far as this client reads it. */
type ServiceMessage =
  | {
      readonly type: "system";
      readonly event: string;
      readonly connectionId: string;
      readonly reconnectionToken?: string;
    }
  | { readonly type: "ack"; readonly ackId: number; readonly success: boolean }
  | {
      readonly type: "message";
      readonly sequenceId?: number;
      readonly group: string;
      readonly fromUserId?: string;
      readonly data: string;
    }
  | { readonly type: "pong" };
