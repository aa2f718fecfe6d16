import { json, jsonReliable } from "webpubsub-local";
import { Hub, type Link as HubLink, seededIds } from "webpubsub-local/core";
import type { VirtualClock } from "./clock.ts";
import type { SeededRandom } from "./random.ts";
import type { Trace } from "./trace.ts";
import type { Wire } from "./wire.ts";

/** What a client URL's token says. */
export interface TokenClaims {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

export type Subprotocol = "json" | "json-reliable";

const tokenLifeMs = 5 * 60_000;

/** The service: the shipped hub behind in-memory transports. `stop` loses everything the hub knew, as a crash does. */
export class SimService {
  #hub: Hub | undefined;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  readonly #tokens: Map<string, { readonly claims: TokenClaims; readonly until: number }> = new Map();
  readonly #wires: Set<Wire> = new Set();

  /** Whether members learn who sends. */
  readonly namesSenders: boolean;

  constructor(clock: VirtualClock, random: SeededRandom, trace: Trace, namesSenders: boolean) {
    this.namesSenders = namesSenders;
    this.#clock = clock;
    this.#random = random;
    this.#trace = trace;
    this.start();
  }

  get up(): boolean {
    return this.#hub !== undefined;
  }

  start(): void {
    const clock = this.#clock;
    this.#hub ??= new Hub({
      name: "collab",
      clock,
      scheduler: { soon: (task) => void clock.after(0, task) },
      ids: seededIds(this.#random),
      onEvent: (event) => this.#trace.add(`hub-${event.type}`, "service"),
    });
  }

  stop(): void {
    this.#hub = undefined;
    for (const wire of this.#wires) wire.cut(0);
    this.#wires.clear();
  }

  /** A client URL, as the server's negotiate makes it. */
  clientUrl(claims: TokenClaims): string {
    const token = `t${this.#tokens.size}`;
    this.#tokens.set(token, { claims, until: this.#clock.now() + tokenLifeMs });
    return `sim://collab?access_token=${token}`;
  }

  /** What application servers may do over REST. Lost when the service is down. */
  publish(group: string, bytes: Uint8Array): boolean {
    if (this.#hub === undefined) return false;
    const literal = JSON.stringify(Buffer.from(bytes).toString("base64"));
    this.#hub.server.sendToGroup(group, { dataType: "binary", literal });
    return true;
  }

  closeGroup(group: string): void {
    this.#hub?.server.closeGroup(group, { reason: "access-changed" });
  }

  connect(url: string, subprotocol: Subprotocol, wire: Wire): "open" | "unauthorized" | "unreachable" {
    if (this.#hub === undefined) return "unreachable";
    const token = this.#tokens.get(new URL(url).searchParams.get("access_token") ?? "");
    if (token === undefined || token.until < this.#clock.now()) return "unauthorized";
    const { userId, roles, groups } = token.claims;
    const codec = subprotocol === "json" ? json : jsonReliable;
    this.#attach(wire, this.#hub.connect({ codec, userId, roles, groups }, wire.sink));
    return "open";
  }

  /** A refused recovery is an open transport that closes with 1008. */
  recover(connectionId: string, reconnectionToken: string, wire: Wire): "open" | "unreachable" {
    if (this.#hub === undefined) return "unreachable";
    this.#attach(wire, this.#hub.recover({ codec: jsonReliable, connectionId, reconnectionToken }, wire.sink));
    return "open";
  }

  #attach(wire: Wire, link: HubLink | undefined): void {
    this.#wires.add(wire);
    wire.attach(link);
  }

  forget(wire: Wire): void {
    this.#wires.delete(wire);
  }
}
