import type { KeyObject } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Server, WebSocketServer } from "ws";
import type { ConnectRequest, Hub } from "../core/hub.ts";
import type { Inlet, Link } from "../core/link.ts";
import type { Sink, UpstreamClient } from "../core/ports.ts";
import type { RecoverRequest } from "../core/recovery.ts";
import type { ConnectGrant } from "../upstream/connect-event.ts";
import type { HttpUpstream } from "../upstream/http-upstream.ts";
import { plain } from "../wire/plain.ts";
import { bearerToken } from "./auth.ts";
import { type ClientAccess, clientAccess } from "./client-access.ts";
import { clientHub, mqttHub } from "./client-path.ts";
import { MqttTransports } from "./mqtt-transports.ts";
import { readPlainMode } from "./plain-mode.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type Sockets, TiedSocket } from "./sockets.ts";
import { negotiate, offeredNames, subprotocolNames } from "./subprotocols.ts";

export interface UpgradeHost {
  readonly keys: readonly KeyObject[];
  readonly hosts: readonly string[];
  readonly sockets: Sockets;
  readonly messageBytesMax: number;
  readonly groupNameCharsMax: number;
  readonly waitingConnectsMax: number;
  now(): number;
  /** Makes the hub if there is none yet. */
  hub(name: string): Hub;
  knownHub(name: string): Hub | undefined;
  /** The event handlers of a hub. */
  upstream(hub: string): HttpUpstream;
  /** Whether a hub lets clients without a token in. */
  anonymous(hub: string): boolean;
  refused(status: number, reason: string): void;
  /** A fault on purpose. */
  refusesRecovery(hub: Hub, connectionId: string): boolean;
  recoveryRefused(hub: Hub, connectionId: string, reason: string): void;
}

/** An upgrade that is to be accepted. */
interface Acceptance {
  readonly subprotocol: string | undefined;
  open(sink: Sink): Inlet | undefined;
  /** The client is gone before its WebSocket was open. */
  abandon?(): void;
}

type Plan = Refusal | Acceptance;

/** One new client whose token is good. */
interface Newcomer {
  readonly hub: Hub;
  readonly access: ClientAccess;
  readonly connectionId: string;
  readonly offered: readonly string[];
  readonly query: URLSearchParams;
}

/** Answers every WebSocket upgrade: a bad token by 401 before the upgrade, a bad recovery by 1008 after it. */
export class Upgrader {
  readonly #host: UpgradeHost;
  readonly #server: Server<typeof TiedSocket>;
  readonly #negotiated: WeakMap<IncomingMessage, string> = new WeakMap();
  readonly #mqtt: MqttTransports;
  #waiting = 0;

  constructor(host: UpgradeHost) {
    this.#host = host;
    this.#mqtt = new MqttTransports(host.waitingConnectsMax);
    this.#server = new WebSocketServer({
      WebSocket: TiedSocket,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: host.messageBytesMax,
      handleProtocols: (_offered, request) => this.#negotiated.get(request) ?? false,
    });
    this.#server.on("error", (error) => host.refused(400, error.message));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until `ws` listens itself, a reset connection must not end the process.
    socket.on("error", destroy);
    const [path = "/", search = ""] = (request.url ?? "/").split(/\?(.*)/s);
    const plan = this.#plan(request, path, new URLSearchParams(search));
    if (!(plan instanceof Promise)) {
      this.#carryOut(plan, request, socket, head);
      return;
    }
    this.#waiting += 1;
    void plan.then((decided) => {
      this.#waiting -= 1;
      this.#carryOut(decided, request, socket, head);
    });
  }

  #carryOut(plan: Plan, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if ("status" in plan) {
      this.#host.refused(plan.status, plan.reason);
      refuse(socket, plan);
      return;
    }
    if (plan.subprotocol !== undefined) this.#negotiated.set(request, plan.subprotocol);
    let opened = false;
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      opened = true;
      socket.off("error", destroy);
      this.#host.sockets.accept(ws, socket, (sink) => plan.open(sink));
    });
    // `ws` decides at once: the client has left, or its handshake was no handshake.
    if (!opened) plan.abandon?.();
  }

  /** What to do once the WebSocket is open, or why it is not to be opened. Waits only for an event handler. */
  #plan(request: IncomingMessage, path: string, query: URLSearchParams): Plan | Promise<Plan> {
    const mqttName = mqttHub(path);
    if (mqttName !== undefined)
      return typeof mqttName === "string" ? this.#planMqtt(mqttName, request, query) : mqttName;
    const hubName = clientHub(path, query);
    if (typeof hubName !== "string") return hubName;
    const offered = offeredNames(request.headers["sec-websocket-protocol"]);
    const connectionId = query.get("awps_connection_id") ?? "";
    if (connectionId !== "") return this.#planRecovery(hubName, connectionId, offered, query);
    const access = this.#access(hubName, request, query);
    if ("status" in access) return access;
    const hub = this.#host.hub(hubName);
    if (hub.full) return hubFull();
    const newcomer = { hub, access, connectionId: hub.newConnectionId(), offered, query };
    // A handler is not asked about a client that cannot be let in anyway.
    const plan = this.#admit(newcomer, {});
    const upstream = this.#host.upstream(hubName);
    if ("status" in plan || !upstream.asksFirst || !isHandshake(request)) return plan;
    return this.#ask(newcomer, upstream, request);
  }

  /** The client says who it is in its first packet: it is let in, or not, once the WebSocket is open. */
  #planMqtt(hubName: string, request: IncomingMessage, query: URLSearchParams): Plan {
    const subprotocols = offeredNames(request.headers["sec-websocket-protocol"]);
    const subprotocol = subprotocols.find((name) => name.toLowerCase() === "mqtt");
    if (subprotocol === undefined) return { status: 400, reason: "MQTT clients offer the WebSocket subprotocol mqtt." };
    const access = this.#access(hubName, request, query, "mqtt");
    if ("status" in access) return access;
    const hub = this.#host.hub(hubName);
    const upstream = this.#host.upstream(hubName);
    const headers = request.headersDistinct;
    const newcomer = { hub, access, upstream, query, headers, subprotocols };
    return { subprotocol, open: (sink) => this.#mqtt.open(newcomer, sink) };
  }

  #access(hub: string, request: IncomingMessage, query: URLSearchParams, protocol?: "mqtt"): ClientAccess | Refusal {
    const { keys, hosts, groupNameCharsMax } = this.#host;
    return clientAccess(bearerToken(query, request.headers.authorization), {
      keys,
      nowMs: this.#host.now(),
      hub,
      hosts: [...hosts, request.headers.host ?? ""],
      anonymous: this.#host.anonymous(hub),
      groupNameCharsMax,
      ...(protocol === undefined ? {} : { protocol }),
    });
  }

  #planRecovery(hubName: string, connectionId: string, offered: readonly string[], query: URLSearchParams): Plan {
    // A recovery is judged by its reconnection token alone: the access token in the same URL may be long expired.
    const reconnectionToken = query.get("awps_reconnection_token") ?? "";
    const negotiated = negotiate(offered);
    if (typeof negotiated !== "object") return wrongSubprotocol();
    const { codec, subprotocol } = negotiated;
    return { subprotocol, open: (sink) => this.#recover(hubName, { codec, connectionId, reconnectionToken }, sink) };
  }

  /** Nobody has proved anything yet: an unknown hub must not come to exist by being asked for. */
  #recover(hubName: string, request: RecoverRequest, sink: Sink): Link | undefined {
    const hub = this.#host.knownHub(hubName);
    if (hub === undefined) {
      sink.close(1008, "The hub has no connections.");
      return undefined;
    }
    const { connectionId } = request;
    if (!this.#host.refusesRecovery(hub, connectionId)) return hub.recover(request, sink);
    const reason = "A fault rule refuses the recovery.";
    this.#host.recoveryRefused(hub, connectionId, reason);
    sink.close(1008, reason);
    return undefined;
  }

  async #ask(newcomer: Newcomer, upstream: HttpUpstream, request: IncomingMessage): Promise<Plan> {
    if (this.#waiting >= this.#host.waitingConnectsMax) {
      return { status: 503, reason: "Too many connections wait for their event handler." };
    }
    const { access, connectionId, offered, query } = newcomer;
    const { userId, claims } = access;
    const headers = request.headersDistinct;
    const verdict = await upstream.connect({ connectionId, userId, claims, query, headers, subprotocols: offered });
    if (!verdict.accepted) return verdict;
    const plan = this.#admit(newcomer, verdict.grant);
    const client = this.#clientOf(newcomer, verdict.grant);
    // The handler has let somebody in who does not come: it is told the end, as of any other connection.
    const abandon = (reason: string) => upstream.disconnected(client, reason);
    if (!("status" in plan))
      return { ...plan, abandon: () => abandon("The client left before its WebSocket was open.") };
    abandon(plan.reason);
    return plan;
  }

  #admit(newcomer: Newcomer, grant: ConnectGrant): Plan {
    const { hub, access, connectionId, offered, query } = newcomer;
    if (hub.full) return hubFull();
    const negotiated = negotiate(offered, grant.subprotocol);
    if (negotiated === "not-offered") {
      return {
        status: 500,
        reason: "The event handler of connect picked a subprotocol that the client did not offer.",
      };
    }
    if (negotiated === undefined) return wrongSubprotocol();
    const plainMode = negotiated.codec === plain ? readPlainMode(query, this.#host.groupNameCharsMax) : undefined;
    if (typeof plainMode === "string") return { status: 400, reason: plainMode };
    const { userId } = this.#clientOf(newcomer, grant);
    const request: ConnectRequest = {
      codec: negotiated.codec,
      subprotocol: negotiated.subprotocol,
      connectionId,
      roles: grant.roles ?? access.roles,
      groups: grant.groups ?? access.groups,
      ...(userId === undefined ? {} : { userId }),
      ...(plainMode === undefined ? {} : { plainMode }),
    };
    return { subprotocol: negotiated.subprotocol, open: (sink) => hub.connect(request, sink) };
  }

  /** A handler's `userId` overrides the token's; an empty one makes the client anonymous. */
  #clientOf({ access, connectionId, offered }: Newcomer, grant: ConnectGrant): UpstreamClient {
    const userId = grant.userId ?? access.userId;
    const negotiated = negotiate(offered, grant.subprotocol);
    const subprotocol = typeof negotiated === "object" ? negotiated.subprotocol : undefined;
    return { connectionId, userId: userId === "" ? undefined : userId, subprotocol };
  }
}

/** Whether `ws` would accept the headers: an event handler is not asked about a request that is no handshake. */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  const version = headers["sec-websocket-version"];
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "") &&
    (version === "13" || version === "8")
  );
}

function hubFull(): Refusal {
  return { status: 503, reason: "The hub has as many connections as it can hold." };
}

function wrongSubprotocol(): Refusal {
  return {
    status: 400,
    reason: `MQTT clients connect to /clients/mqtt/hubs/{hub}. Subprotocols here: ${subprotocolNames().join(", ")}.`,
  };
}

/** One function for all sockets: a closure made beside a request would keep the request alive as long as its socket. */
function destroy(this: Duplex): void {
  this.destroy();
}
