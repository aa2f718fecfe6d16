import type {
  EndingDetails,
  EventAnswer,
  EventOutcome,
  Payload,
  Upstream,
  UpstreamClient,
  UserEvent,
} from "../core/ports.ts";
import { type Body, eventBody, jsonBody, replyOf } from "./bodies.ts";
import { type ConnectEvent, type ConnectVerdict, connectBody, connectVerdict } from "./connect-event.ts";
import type { Incoming } from "./exchange.ts";
import type { EventCall, HandlerCalls } from "./handler-calls.ts";
import { type EventHandler, type SystemEvent, systemHandler, userHandler } from "./handlers.ts";
import { answerOf, endingBody } from "./mqtt-answer.ts";
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
    const { connectionId, userId, session } = event;
    const subprotocol = event.mqtt === undefined ? undefined : "mqtt";
    const client = { connectionId, userId, subprotocol, ...(session === undefined ? {} : { session }) };
    const connection = this.#connection(client);
    const incoming = await this.#call("sys", "connect", handler, jsonBody(connectBody(event)), connection);
    const verdict = connectVerdict(incoming, this.#options.groupNameCharsMax);
    if (verdict.accepted) {
      if (incoming.type === "answer") takeState(connection, incoming);
      return verdict;
    }
    this.#connections.delete(keyOf(client));
    if (verdict.problem !== undefined) this.#failed(connectionId, "connect", verdict.problem);
    return verdict;
  }

  connected(client: UpstreamClient): void {
    const known = this.#connections.get(askedKeyOf(client));
    if (known !== undefined) {
      known.client = client;
      this.#connections.delete(askedKeyOf(client));
      this.#connections.set(keyOf(client), known);
    }
    this.#tell(client, "connected", {});
  }

  /** Nothing comes of an MQTT client that was asked about: its session goes on as it was. */
  forget(client: UpstreamClient): void {
    this.#connections.delete(askedKeyOf(client));
  }

  disconnected(client: UpstreamClient, reason: string, details?: EndingDetails): void {
    this.#ended.add(keyOf(client));
    this.#tell(client, "disconnected", details === undefined ? { reason } : { reason, mqtt: endingBody(details) });
    this.#release(keyOf(client));
  }

  joined(client: UpstreamClient, group: string): void {
    this.#tell(client, "joined", { group });
  }

  left(client: UpstreamClient, group: string): void {
    this.#tell(client, "left", { group });
  }

  event(client: UpstreamClient, { event, payload }: UserEvent, answer: (outcome: EventOutcome) => void): void {
    const { connectionId } = client;
    const fail = (problem: string, whole?: EventAnswer) => {
      this.#failed(connectionId, event, problem);
      answer({ handled: false, problem, ...(whole === undefined ? {} : { answer: whole }) });
    };
    const handler = userHandler(this.#options.handlers(), event);
    if (handler === undefined) {
      fail("No event handler of the hub takes this event.");
      return;
    }
    const connection = this.#connection(client);
    const body = eventBody(payload);
    const run = async () => {
      const incoming = await this.#call("user", event, handler, body, connection, payload);
      if (payload.mqtt !== undefined) {
        if (incoming.type !== "answer" || !isSuccess(incoming)) {
          fail(problemOf(incoming), incoming.type === "answer" ? answerOf(incoming) : undefined);
          return;
        }
        takeState(connection, incoming);
        answer({ handled: true, reply: undefined, answer: answerOf(incoming) });
        return;
      }
      const reply = incoming.type === "answer" && isSuccess(incoming) ? replyOf(incoming) : undefined;
      if (reply?.ok !== true) {
        fail(reply?.problem ?? problemOf(incoming));
        return;
      }
      if (incoming.type === "answer") takeState(connection, incoming);
      answer({ handled: true, reply: reply.payload });
    };
    if (!connection.queue.offer(run, body.bytes.length)) fail(tooMany);
  }

  /** Resolves when no event waits or runs any more. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#busy()) this.#quiet.add(resolve);
      else resolve();
    });
  }

  #tell(client: UpstreamClient, event: Exclude<SystemEvent, "connect">, content: object): void {
    const handler = systemHandler(this.#options.handlers(), event);
    if (handler === undefined) return;
    const connection = this.#connection(client);
    const once = event === "connected" || event === "disconnected";
    const body = jsonBody(content);
    const run = async () => {
      const incoming = await this.#call(once ? "sys" : "gp", event, handler, body, connection);
      if (incoming.type !== "answer" || !isSuccess(incoming)) {
        this.#failed(client.connectionId, event, problemOf(incoming));
      }
    };
    if (once) connection.queue.add(run);
    else if (!connection.queue.offer(run, body.bytes.length)) this.#failed(client.connectionId, event, tooMany);
  }

  async #call(
    kind: EventCall["kind"],
    eventName: string,
    handler: EventHandler,
    body: Body,
    connection: UpstreamConnection,
    { metadata, mqtt }: Pick<Payload, "metadata" | "mqtt"> = {},
  ): Promise<Incoming> {
    const { hub, calls } = this.#options;
    const userProperties = mqtt?.userProperties;
    return calls.call({ hub, kind, eventName, handler, body, metadata, userProperties }, connection);
  }

  #connection(client: UpstreamClient): UpstreamConnection {
    const known = this.#connections.get(keyOf(client));
    if (known !== undefined) return known;
    const idle = () => this.#release(keyOf(connection.client));
    const connection = new UpstreamConnection(client, this.#options.calls.limits, idle);
    this.#connections.set(keyOf(client), connection);
    return connection;
  }

  /** Forgets an ended connection once nothing of it runs, and tells whoever waits for quiet. */
  #release(key: string): void {
    if (this.#ended.has(key) && this.#connections.get(key)?.queue.busy !== true) {
      this.#ended.delete(key);
      this.#connections.delete(key);
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

const tooMany = "Too many events of the connection wait already.";

/** MQTT clients choose their ids, so that two sessions may have the same one, one after the other. */
function keyOf(client: UpstreamClient): string {
  return client.session?.sessionId ?? askedKeyOf(client);
}

/** Before there is a session. */
function askedKeyOf({ connectionId, session }: UpstreamClient): string {
  return session?.physicalConnectionId ?? connectionId;
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
