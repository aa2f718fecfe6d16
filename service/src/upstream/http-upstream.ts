import type { EventOutcome, Upstream, UpstreamClient, UserEvent } from "../core/ports.ts";
import { type Body, eventBody, jsonBody, replyOf } from "./bodies.ts";
import { type ConnectEvent, type ConnectVerdict, connectBody, connectVerdict } from "./connect-event.ts";
import type { Incoming } from "./exchange.ts";
import type { EventCall, HandlerCalls } from "./handler-calls.ts";
import { type EventHandler, systemHandler, userHandler } from "./handlers.ts";
import { UpstreamConnection } from "./upstream-connection.ts";

export interface HttpUpstreamOptions {
  readonly hub: string;
  readonly calls: HandlerCalls;
  readonly groupNameCharsMax: number;
  /** Asked for every event, so that changed settings hold at once. */
  handlers(): readonly EventHandler[];
  /** An event that no handler took or that its handler failed. Never sees a payload. */
  failed(failure: UpstreamFailure): void;
}

export interface UpstreamFailure {
  readonly hub: string;
  readonly connectionId: string;
  readonly event: string;
  readonly problem: string;
}

/** The events of one hub, to the handlers of its settings. What is kept for a connection goes when its last event is done. */
export class HttpUpstream implements Upstream {
  readonly #options: HttpUpstreamOptions;
  readonly #connections: Map<string, UpstreamConnection> = new Map();
  readonly #ended: Set<string> = new Set();
  readonly #quiet: Set<() => void> = new Set();

  constructor(options: HttpUpstreamOptions) {
    this.#options = options;
  }

  /** Whether a new client has to wait for `connect`. */
  get asksFirst(): boolean {
    return systemHandler(this.#options.handlers(), "connect") !== undefined;
  }

  /** Before the upgrade. An accepted client must come to `connected` or `disconnected`. Never rejects. */
  async connect(event: ConnectEvent): Promise<ConnectVerdict> {
    const handler = systemHandler(this.#options.handlers(), "connect");
    if (handler === undefined) return { accepted: true, grant: {} };
    const { connectionId, userId } = event;
    const connection = this.#connection({ connectionId, userId, subprotocol: undefined });
    const incoming = await this.#call("sys", "connect", handler, jsonBody(connectBody(event)), connection);
    const verdict = connectVerdict(incoming, this.#options.groupNameCharsMax);
    if (verdict.accepted) {
      if (incoming.type === "answer") takeState(connection, incoming);
      return verdict;
    }
    this.#connections.delete(connectionId);
    if (verdict.problem !== undefined) this.#failed(connectionId, "connect", verdict.problem);
    return verdict;
  }

  connected(client: UpstreamClient): void {
    const known = this.#connections.get(client.connectionId);
    if (known !== undefined) known.client = client;
    this.#tell(client, "connected", {});
  }

  disconnected(client: UpstreamClient, reason: string): void {
    this.#ended.add(client.connectionId);
    this.#tell(client, "disconnected", { reason });
    this.#release(client.connectionId);
  }

  event(client: UpstreamClient, { event, payload }: UserEvent, answer: (outcome: EventOutcome) => void): void {
    const { connectionId } = client;
    const fail = (problem: string) => {
      this.#failed(connectionId, event, problem);
      answer({ handled: false, problem });
    };
    const handler = userHandler(this.#options.handlers(), event);
    if (handler === undefined) {
      fail("No event handler of the hub takes this event.");
      return;
    }
    const connection = this.#connection(client);
    const body = eventBody(payload);
    const run = async () => {
      const incoming = await this.#call("user", event, handler, body, connection, payload.metadata);
      const reply = incoming.type === "answer" && isSuccess(incoming) ? replyOf(incoming) : undefined;
      if (reply?.ok !== true) {
        fail(reply?.problem ?? problemOf(incoming));
        return;
      }
      if (incoming.type === "answer") takeState(connection, incoming);
      answer({ handled: true, reply: reply.payload });
    };
    if (!connection.queue.offer(run, body.bytes.length)) fail("Too many events of the connection wait already.");
  }

  /** Resolves when no event waits or runs any more. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#busy()) this.#quiet.add(resolve);
      else resolve();
    });
  }

  #tell(client: UpstreamClient, event: "connected" | "disconnected", content: object): void {
    const handler = systemHandler(this.#options.handlers(), event);
    if (handler === undefined) return;
    const connection = this.#connection(client);
    connection.queue.add(async () => {
      const incoming = await this.#call("sys", event, handler, jsonBody(content), connection);
      if (incoming.type !== "answer" || !isSuccess(incoming)) {
        this.#failed(client.connectionId, event, problemOf(incoming));
      }
    });
  }

  async #call(
    kind: EventCall["kind"],
    eventName: string,
    handler: EventHandler,
    body: Body,
    connection: UpstreamConnection,
    metadata?: EventCall["metadata"],
  ): Promise<Incoming> {
    const { hub, calls } = this.#options;
    return calls.call({ hub, kind, eventName, handler, body, metadata }, connection);
  }

  #connection(client: UpstreamClient): UpstreamConnection {
    const { connectionId } = client;
    const known = this.#connections.get(connectionId);
    if (known !== undefined) return known;
    const connection = new UpstreamConnection(client, this.#options.calls.limits, () => this.#release(connectionId));
    this.#connections.set(connectionId, connection);
    return connection;
  }

  /** Forgets an ended connection once nothing of it runs, and tells whoever waits for quiet. */
  #release(connectionId: string): void {
    if (this.#ended.has(connectionId) && this.#connections.get(connectionId)?.queue.busy !== true) {
      this.#ended.delete(connectionId);
      this.#connections.delete(connectionId);
    }
    if (this.#quiet.size === 0 || this.#busy()) return;
    for (const resolve of this.#quiet) resolve();
    this.#quiet.clear();
  }

  #busy(): boolean {
    for (const { queue } of this.#connections.values()) {
      if (queue.busy) return true;
    }
    return false;
  }

  #failed(connectionId: string, event: string, problem: string): void {
    this.#options.failed({ hub: this.#options.hub, connectionId, event, problem });
  }
}

/** `ce-connectionState` in an answer replaces what is kept; without it nothing changes. */
function takeState(connection: UpstreamConnection, { headers }: Extract<Incoming, { type: "answer" }>): void {
  const state = headers["ce-connectionstate"];
  if (typeof state === "string") connection.connectionState = state;
}

function isSuccess({ status }: Extract<Incoming, { type: "answer" }>): boolean {
  return status >= 200 && status <= 299;
}

function problemOf(incoming: Incoming): string {
  return incoming.type === "answer" ? `The handler answered ${incoming.status}.` : incoming.problem;
}
