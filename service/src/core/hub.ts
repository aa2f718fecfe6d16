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
import { assert } from "./assert.ts";
import { Batch } from "./batch.ts";
import { Connection, type Turn } from "./connection.ts";
import { clientOf, noUpstream } from "./events.ts";
import { Groups } from "./group.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Link } from "./link.ts";
import { ServerOperations } from "./operations.ts";
import type { Clock, Codec, HubEvent, IdSource, PlainMode, Scheduler, Sink, Upstream } from "./ports.ts";
import { type RecoverRequest, recoveryProblem } from "./recovery.ts";
import { Permissions } from "./roles.ts";
import type { Speaker } from "./speaker.ts";
import { Users } from "./users.ts";

export interface HubOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Milliseconds since 1970. Default: those of `clock`. */
  readonly wallClock?: () => number;
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
  /** Of a protocol with sessions of its own. Asked once the connection is there, before anybody hears of it. */
  readonly speaker?: Speaker;
}

/** One for all: a connection that is idle should be small. */
const usualPlainMode: PlainMode = { mode: "sendEvent" };

export class Hub {
  readonly name: string;
  readonly limits: Limits;
  readonly upstream: Upstream;
  /** What an application server may do: the REST operations. */
  readonly server: ServerOperations;
  readonly connections: Map<string, Connection> = new Map();
  readonly users: Users = new Users();
  readonly groups: Groups;
  /** Milliseconds since 1970, for what clients are told. */
  readonly wallClock: () => number;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #ids: IdSource;
  readonly #onEvent: (event: HubEvent) => void;
  readonly #turn: Turn;
  #toFlush: Connection[] = [];
  /** The start of this turn's batches, one for each codec; the one asked for last is at hand. */
  #emptyBatches: Map<Codec, Batch> = new Map();
  #lastCodec: Codec | undefined;
  #lastEmpty: Batch = new Batch();

  constructor(options: HubOptions) {
    this.name = options.name;
    this.limits = { ...defaultLimits, ...options.limits };
    this.#clock = options.clock;
    this.wallClock = options.wallClock ?? (() => options.clock.now());
    const { upstream = noUpstream } = options;
    this.upstream = upstream;
    this.#turn = this.#makeTurn();
    this.groups = new Groups(
      {
        wallClock: this.wallClock,
        joined: (connection, group) => upstream.joined?.(clientOf(connection), group),
        left: (connection, group) => upstream.left?.(clientOf(connection), group),
      },
      this.#turn,
    );
    this.#scheduler = options.scheduler;
    this.#ids = options.ids;
    this.#onEvent = options.onEvent ?? (() => undefined);
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
        plainMode: request.plainMode ?? usualPlainMode,
        reconnectionToken: codec.reliable ? this.#ids.reconnectionToken() : undefined,
        permissions: new Permissions(request.roles ?? [], this.limits),
        speaker: request.speaker,
      },
      this.#turn,
    );
    assert(!this.connections.has(connection.id), "connection ids do not repeat");
    this.connections.set(connection.id, connection);
    if (userId !== undefined) this.users.add(userId, connection);
    const link = new Link(this, connection, sink);
    connection.attach(link);
    const { id: connectionId, reconnectionToken } = connection.identity;
    connection.say({ type: "connected", connectionId, userId, reconnectionToken });
    this.#onEvent({ type: "connected", hub: this.name, ...person(connection) });
    this.upstream.connected(clientOf(connection));
    for (const group of request.groups ?? []) this.groups.join(connection, group);
    return link;
  }

  /** The hub's clock, for protocols with sessions of their own. */
  get clock(): Clock {
    return this.#clock;
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
    return this.replaceTransport(connection, sink);
  }

  /** Gives a connection that goes on a new transport: the old one is cut off. */
  replaceTransport(connection: Connection, sink: Sink): Link {
    if (connection.state.phase === "open") connection.state.link.sink.abort();
    if (connection.state.phase === "detached") connection.state.cancelExpiry();
    const link = new Link(this, connection, sink);
    const replayed = connection.attach(link);
    this.#greetAgain(connection);
    this.#onEvent({ type: "recovered", hub: this.name, connectionId: connection.id, replayed });
    return link;
  }

  /** The official client goes on with its streams only when it hears `connected`; others need not hear it twice. */
  #greetAgain(connection: Connection): void {
    const { id: connectionId, userId, reconnectionToken } = connection.identity;
    const streaming = connection.streams !== undefined && connection.streams.size > 0;
    if (streaming) connection.say({ type: "connected", connectionId, userId, reconnectionToken });
    for (const group of connection.memberships.groups()) group.presence?.tell(connection);
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
    const { speaker } = connection.identity;
    const usualMs = connection.session === undefined || code === 1000 ? 0 : this.limits.recoveryMs;
    const waitMs = speaker === undefined ? usualMs : speaker.transportLost();
    if (waitMs === 0) {
      this.#retire(connection, code === 1000 ? "" : `The transport closed with code ${code}.`);
      return;
    }
    const expire = () => this.#retire(connection, "The connection recovery timeout expired.");
    connection.detach(this.#clock.after(waitMs, expire));
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
    connection.streams?.abandon();
    if (connection.identity.userId !== undefined) this.users.remove(connection.identity.userId, connection);
    this.groups.leaveAll(connection);
    this.#onEvent({ type: "disconnected", hub: this.name, ...person(connection), reason });
    this.upstream.disconnected(clientOf(connection), reason, connection.identity.speaker?.ended());
  }

  #makeTurn(): Turn {
    return {
      limits: this.limits,
      now: () => this.#clock.now(),
      emptyBatch: (codec) => (codec === this.#lastCodec ? this.#lastEmpty : this.#emptyBatch(codec)),
      flushLater: (connection) => {
        if (this.#toFlush.push(connection) === 1) this.#scheduler.soon(this.#flush);
      },
    };
  }

  #emptyBatch(codec: Codec): Batch {
    const empty = this.#emptyBatches.get(codec) ?? new Batch();
    this.#emptyBatches.set(codec, empty);
    [this.#lastCodec, this.#lastEmpty] = [codec, empty];
    return empty;
  }

  /** A huge group takes several turns, so that others get theirs: a connection has all its frames in one place. */
  readonly #flush = (): void => {
    const turn = this.#toFlush;
    this.#toFlush = turn.splice(this.limits.flushedPerTurnMax);
    this.groups.endRounds();
    // Not `clear`: in V8 a cleared map's old table refers to its new one, so that old turns would live on.
    this.#emptyBatches = new Map();
    this.#lastCodec = undefined;
    if (this.#toFlush.length > 0) this.#scheduler.soon(this.#flush);
    for (const connection of turn) {
      if (connection.state.phase === "doomed") this.expel(connection, 1008, connection.state.reason);
      else connection.flush();
    }
  };
}

function person(connection: Connection): { readonly connectionId: string; readonly userId?: string } {
  const { id, userId } = connection.identity;
  return userId === undefined ? { connectionId: id } : { connectionId: id, userId };
}
