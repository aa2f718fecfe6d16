import { type KeyObject, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock, Metadata } from "../core/ports.ts";
import { type Body, headersOf } from "./bodies.ts";
import { eventHeaders } from "./cloud-event.ts";
import { Caller, type Incoming } from "./exchange.ts";
import { handlerToken } from "./handler-token.ts";
import { type EventHandler, handlerUrl, shown } from "./handlers.ts";
import type { UpstreamLimits } from "./limits.ts";
import { propertyHeaders, type UserProperties } from "./mqtt-answer.ts";
import { Preflight } from "./preflight.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/** What may change while the service runs. */
export interface CallerIdentity {
  /** The access keys, primary first. */
  readonly keys: readonly KeyObject[];
  /** Host and port of this service, as handlers know it. */
  readonly origin: string;
}

/** One event on its way to one handler. */
export interface EventCall {
  readonly hub: string;
  readonly handler: EventHandler;
  /** `sys`, `user`, or `gp` for what is about a group. */
  readonly kind: "sys" | "user" | "gp";
  readonly eventName: string;
  readonly body: Body;
  readonly metadata?: Metadata | undefined;
  /** Of an MQTT publish. */
  readonly userProperties?: UserProperties | undefined;
}

/**
 * Calls event handlers: abuse protection first, then the POST, again after 408, 5xx or no answer. It calls whatever
 * URL the settings name, on this machine or elsewhere. Shared by all hubs of a service.
 */
export class HandlerCalls {
  readonly limits: UpstreamLimits;
  readonly #identity: () => CallerIdentity;
  readonly #caller: Caller;
  readonly #preflight: Preflight;

  constructor(options: { readonly limits: UpstreamLimits; readonly clock: Clock; identity(): CallerIdentity }) {
    this.limits = options.limits;
    this.#identity = options.identity;
    this.#caller = new Caller(options.limits.socketsMax);
    this.#preflight = new Preflight(this.#caller, options.clock, options.limits);
  }

  /** The answer of the last try. Keeps the cookies it sets. Never throws. */
  async call(call: EventCall, connection: UpstreamConnection): Promise<Incoming> {
    const { hub, handler, eventName } = call;
    const url = handlerUrl(handler.urlTemplate, { hub, event: eventName });
    const checked = handlerUrl(handler.urlTemplate, { hub, event: "validate" });
    if (url === undefined || checked === undefined) return { type: "unusable", problem: "The URL is not valid." };
    const identity = this.#identity();
    const problem = await this.#preflight.problem(checked, identity.origin);
    if (problem !== undefined) return { type: "unusable", problem };
    const headers = this.#headers(call, connection, identity);
    const incoming = await this.#tries(url, headers, call.body.bytes, connection);
    if (incoming.type === "answer") return incoming;
    return { ...incoming, problem: `${shown(url)}: ${incoming.problem}` };
  }

  /** Handlers are asked for permission anew: the settings have changed. */
  reset(): void {
    this.#preflight.forget();
  }

  /** Gives up all running calls. */
  end(): void {
    this.#caller.end();
  }

  async #tries(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    { cookies }: UpstreamConnection,
  ): Promise<Incoming> {
    const { callMs: timeoutMs, answerBytesMax, retryDelaysMs } = this.limits;
    for (let attempt = 0; ; attempt++) {
      const cookie = cookies.header(url.host);
      const withCookie = cookie === undefined ? headers : { ...headers, cookie };
      const outgoing = { method: "POST", url, headers: withCookie, body, timeoutMs, answerBytesMax } as const;
      const incoming = await this.#caller.call(outgoing);
      if (incoming.type === "answer") {
        for (const line of incoming.headers["set-cookie"] ?? []) cookies.set(url.host, line, Date.now());
      }
      const delayMs = retryDelaysMs[attempt];
      if (delayMs === undefined || !mayRetry(incoming) || this.#caller.ended.aborted) return incoming;
      // Ends early only when the service stops: the next call then answers at once.
      await pause(delayMs, undefined, { signal: this.#caller.ended }).catch(() => undefined);
    }
  }

  #headers(call: EventCall, connection: UpstreamConnection, identity: CallerIdentity): Record<string, string> {
    const { client, connectionState } = connection;
    const event = {
      type: `azure.webpubsub.${call.kind}.${call.eventName}`,
      eventName: call.eventName,
      hub: call.hub,
      connectionId: client.connectionId,
      userId: client.userId,
      subprotocol: client.subprotocol,
      session: client.session,
      id: connection.nextEventId(),
      at: new Date(),
      connectionState,
      contentType: call.body.contentType,
    };
    return {
      ...headersOf(call.metadata),
      ...propertyHeaders(call.userProperties ?? []),
      ...eventHeaders(event, identity),
      ...authorization(call.handler, identity),
      // The same for every try of one event.
      "x-ms-client-request-id": randomUUID(),
    };
  }
}

function authorization({ auth }: EventHandler, { keys, origin }: CallerIdentity): Readonly<Record<string, string>> {
  const [key] = keys;
  if (auth?.type !== "ManagedIdentity" || key === undefined) return {};
  const token = handlerToken(auth.managedIdentity.resource, { key, origin, nowMs: Date.now() });
  return { authorization: `Bearer ${token}` };
}

function mayRetry(incoming: Incoming): boolean {
  switch (incoming.type) {
    case "lost":
      return true;
    case "unusable":
      return false;
    case "answer":
      return incoming.status === 408 || incoming.status >= 500;
  }
}
