/**
 * The hub: connections, users and groups of one name, without sockets, timers or randomness of its own.
 *
 * In memory, with a virtual clock:
 *
 *     const hub = new Hub({
 *       name: "collab", clock, ids: seededIds(random), scheduler: { soon: (task) => void clock.after(0, task) },
 *     });
 *     const received: string[] = [];
 *     const sink: Sink = {
 *       queuedBytes: 0,
 *       write: (frames) => received.push(...frames.map(frameText)),          // frameText, jsonReliable: main entry
 *       close: (code) => clock.after(1, () => link.closed(code)),
 *       abort: () => clock.after(1, () => link.closed(1006)),
 *     };
 *     let link = hub.connect({ codec: jsonReliable, userId: "ada", groups: ["g"] }, sink);
 *     link.receive('{"type":"sendToGroup","group":"g","dataType":"text","data":"hi"}');
 *     link.closed(1006);                                                     // cut: 30 s to come back
 *     const again = hub.recover({ codec: jsonReliable, connectionId, reconnectionToken }, otherSink);
 *     hub.server.sendToGroup("g", { dataType: "text", literal: '"from the server"' });
 *     hub.server.closeConnection(connectionId, "refuses every later recovery with 1008");
 */
import { assert, unreachable } from "./assert.ts";
import { Batch } from "./batch.ts";
import { Connection, type Turn } from "./connection.ts";
import { clientOf, noUpstream } from "./events.ts";
import { Groups } from "./group.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Link } from "./link.ts";
import { ServerOperations } from "./operations.ts";
import type { Clock, Codec, HubEvent, IdSource, PlainMode, Scheduler, Sink, Upstream } from "./ports.ts";
import { Permissions } from "./roles.ts";
import { sameText } from "./same-text.ts";
import { Users } from "./users.ts";

export interface HubOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  /** Defaults: `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** Where the events of clients go. Default: nowhere, so every event fails. */
  readonly upstream?: Upstream;
  /** Called in order, within the turn. Must not throw and must not call the hub. */
  readonly onEvent?: (event: HubEvent) => void;
}

/** What the token of a new client says. Groups must be valid names: the transport refuses the others with 400. */
export interface ConnectRequest {
  readonly codec: Codec;
  readonly userId?: string;
  readonly roles?: readonly string[];
  readonly groups?: readonly string[];
  /** Default: a new one. Given when an event handler has been told it already: see `newConnectionId`. */
  readonly connectionId?: string;
  /** What was negotiated. Default: what the codec is called. */
  readonly subprotocol?: string | undefined;
  /** What the frames of a plain client mean. Default: an event each. */
  readonly plainMode?: PlainMode;
}

export interface RecoverRequest {
  readonly codec: Codec;
  readonly connectionId: string;
  readonly reconnectionToken: string;
}

export class Hub {
  readonly name: string;
  readonly limits: Limits;
  readonly upstream: Upstream;
  /** What an application server may do: the REST operations. */
  readonly server: ServerOperations;
  readonly connections: Map<string, Connection> = new Map();
  readonly users: Users = new Users();
  readonly groups: Groups = new Groups();
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #ids: IdSource;
  readonly #onEvent: (event: HubEvent) => void;
  #toFlush: Connection[] = [];
  #emptyBatch: Batch = new Batch();

  constructor(options: HubOptions) {
    this.name = options.name;
    this.limits = { ...defaultLimits, ...options.limits };
    this.#clock = options.clock;
    this.#scheduler = options.scheduler;
    this.#ids = options.ids;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.upstream = options.upstream ?? noUpstream;
    this.server = new ServerOperations(this);
  }

  /** True when a new connection must be refused before its WebSocket is accepted. */
  get full(): boolean {
    return this.connections.size >= this.limits.connectionsMax;
  }

  /** A new client. Its first frame is `connected`. */
  connect(request: ConnectRequest, sink: Sink): Link {
    const { codec, userId } = request;
    const connection = new Connection(
      {
        id: request.connectionId ?? this.#ids.connectionId(),
        userId,
        codec,
        subprotocol: "subprotocol" in request ? request.subprotocol : codec.subprotocol || undefined,
        plainMode: request.plainMode ?? { mode: "sendEvent" },
        reconnectionToken: codec.reliable ? this.#ids.reconnectionToken() : undefined,
        permissions: new Permissions(request.roles ?? [], this.limits),
      },
      this.limits,
      this.#turn,
    );
    assert(!this.connections.has(connection.id), "connection ids do not repeat");
    this.connections.set(connection.id, connection);
    if (userId !== undefined) this.users.add(userId, connection);
    for (const group of request.groups ?? []) this.groups.join(connection, group);
    const link = new Link(this, connection, sink);
    connection.attach(link);
    const { id: connectionId, reconnectionToken } = connection.identity;
    connection.say({ type: "connected", connectionId, userId, reconnectionToken });
    this.#onEvent({ type: "connected", hub: this.name, ...person(connection) });
    this.upstream.connected(clientOf(connection));
    return link;
  }

  /** When a message with this time to live expires, on the hub's clock. Without one, or with 0, it does not. */
  expiry(ttlSeconds: number | undefined): number | undefined {
    return ttlSeconds === undefined || ttlSeconds === 0 ? undefined : this.#clock.now() + ttlSeconds * 1_000;
  }

  /** For a connection whose event handler is asked before `connect`. */
  newConnectionId(): string {
    return this.#ids.connectionId();
  }

  /**
   * A transport that claims to continue a connection. Unacknowledged messages are repeated, groups, permissions and
   * acknowledged ids are kept, no second `connected` is sent. A refusal closes the sink with 1008 and answers undefined:
   * only that code tells a client to start anew.
   */
  recover(request: RecoverRequest, sink: Sink): Link | undefined {
    const connection = this.connections.get(request.connectionId);
    const problem = recoveryProblem(connection, request);
    if (connection === undefined || problem !== undefined) {
      const reason = problem ?? "The connection is unknown.";
      this.#onEvent({ type: "recovery-refused", hub: this.name, connectionId: request.connectionId, reason });
      sink.close(1008, reason);
      return undefined;
    }
    if (connection.state.phase === "open") connection.state.link.sink.abort();
    if (connection.state.phase === "detached") connection.state.cancelExpiry();
    const link = new Link(this, connection, sink);
    const replayed = connection.attach(link);
    this.#onEvent({ type: "recovered", hub: this.name, connectionId: connection.id, replayed });
    return link;
  }

  /** Ends a connection on purpose: `disconnected` message, then close 1000. */
  close(connection: Connection, text: string): void {
    connection.say({ type: "disconnected", message: text });
    this.#closeTransport(connection, 1000, "");
    this.#retire(connection, text);
  }

  /** Ends a connection whose client broke the protocol or fell behind. It cannot be recovered. */
  expel(connection: Connection, code: number, reason: string): void {
    this.#closeTransport(connection, code, reason);
    this.#retire(connection, reason);
  }

  /** Called by `Link` only. */
  transportClosed(connection: Connection, code: number): void {
    if (connection.session === undefined || code === 1000) {
      this.#retire(connection, code === 1000 ? "" : `The transport closed with code ${code}.`);
      return;
    }
    const expire = () => this.#retire(connection, "The connection recovery timeout expired.");
    connection.detach(this.#clock.after(this.limits.recoveryMs, expire));
    this.#onEvent({ type: "detached", hub: this.name, connectionId: connection.id, code });
  }

  /** Ends every connection. The hub can be used again. */
  stop(text: string): void {
    for (const connection of [...this.connections.values()]) this.close(connection, text);
  }

  /** As if the process had died: transports end without a word, and nothing can be recovered. The hub can be used again. */
  crash(): void {
    for (const connection of [...this.connections.values()]) {
      const { state } = connection;
      this.#retire(connection, "The service was restarted.");
      if (state.phase === "open" || state.phase === "doomed") state.link?.sink.abort();
    }
  }

  #closeTransport(connection: Connection, code: number, reason: string): void {
    const { state } = connection;
    connection.flushAnyway();
    if (state.phase === "open" || state.phase === "doomed") state.link?.sink.close(code, reason);
  }

  #retire(connection: Connection, reason: string): void {
    if (connection.state.phase === "ended") return;
    if (connection.state.phase === "detached") connection.state.cancelExpiry();
    connection.state = { phase: "ended" };
    this.connections.delete(connection.id);
    if (connection.identity.userId !== undefined) this.users.remove(connection.identity.userId, connection);
    this.groups.leaveAll(connection);
    this.#onEvent({ type: "disconnected", hub: this.name, ...person(connection), reason });
    this.upstream.disconnected(clientOf(connection), reason);
  }

  readonly #turn: Turn = {
    now: () => this.#clock.now(),
    emptyBatch: () => this.#emptyBatch,
    flushLater: (connection) => {
      if (this.#toFlush.push(connection) === 1) this.#scheduler.soon(this.#flush);
    },
  };

  readonly #flush = (): void => {
    const turn = this.#toFlush;
    this.#toFlush = [];
    this.#emptyBatch = new Batch();
    for (const connection of turn) {
      if (connection.state.phase === "doomed") this.expel(connection, 1008, connection.state.reason);
      else connection.flush();
    }
  };
}

function recoveryProblem(connection: Connection | undefined, request: RecoverRequest): string | undefined {
  if (connection === undefined) return "The connection is unknown or its recovery window is over.";
  const { reconnectionToken, codec } = connection.identity;
  if (reconnectionToken === undefined) return "The connection is not reliable.";
  if (!sameText(reconnectionToken, request.reconnectionToken)) return "The reconnection token is not valid.";
  if (codec !== request.codec) return `The connection speaks ${codec.subprotocol}.`;
  switch (connection.state.phase) {
    case "open":
    case "detached":
      return undefined;
    case "doomed":
    case "ended":
      return "The connection has ended.";
    default:
      throw unreachable(connection.state);
  }
}

function person(connection: Connection): { readonly connectionId: string; readonly userId?: string } {
  const { id, userId } = connection.identity;
  return userId === undefined ? { connectionId: id } : { connectionId: id, userId };
}
