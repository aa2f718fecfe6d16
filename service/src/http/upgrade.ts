import type { KeyObject } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { ConnectRequest, Hub, RecoverRequest } from "../core/hub.ts";
import type { Link } from "../core/link.ts";
import { isGroupName, isHubName } from "../core/names.ts";
import type { Codec, Sink } from "../core/ports.ts";
import { json, jsonReliable } from "../wire/json.ts";
import { isClientAudience } from "./audience.ts";
import { bearerToken, textList, verifyToken } from "./auth.ts";
import type { Sockets } from "./sockets.ts";

export interface UpgradeHost {
  readonly keys: readonly KeyObject[];
  readonly hosts: readonly string[];
  readonly sockets: Sockets;
  readonly messageBytesMax: number;
  readonly groupNameCharsMax: number;
  now(): number;
  /** Makes the hub if there is none yet. */
  hub(name: string): Hub;
  knownHub(name: string): Hub | undefined;
  refused(status: number, reason: string): void;
}

type Opening = (sink: Sink) => Link | undefined;

const codecs: readonly Codec[] = [json, jsonReliable];

/** The answer to an upgrade that is not accepted. */
interface Refusal {
  readonly status: 400 | 401 | 404 | 503;
  readonly reason: string;
}

/** Answers every WebSocket upgrade: a bad token by 401 before the upgrade, a bad recovery by 1008 after it. */
export class Upgrader {
  readonly #host: UpgradeHost;
  readonly #server: WebSocketServer;

  constructor(host: UpgradeHost) {
    this.#host = host;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: host.messageBytesMax,
      handleProtocols: (offered) => choose(offered)?.offered ?? false,
    });
    this.#server.on("error", (error) => host.refused(400, error.message));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until `ws` listens itself, a reset connection must not end the process.
    socket.on("error", () => socket.destroy());
    const [path = "/", search = ""] = (request.url ?? "/").split(/\?(.*)/s);
    const plan = this.#plan(request, path, new URLSearchParams(search));
    if (typeof plan !== "function") this.#refuse(socket, plan);
    else this.#server.handleUpgrade(request, socket, head, (ws) => this.#host.sockets.accept(ws, socket, plan));
  }

  /** What to do once the WebSocket is open, or why it is not to be opened. */
  #plan(request: IncomingMessage, path: string, query: URLSearchParams): Refusal | Opening {
    const hubName = clientHub(path, query);
    if (typeof hubName !== "string") return hubName;
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const codec = choose(offered)?.codec;
    const connectionId = query.get("awps_connection_id") ?? "";
    if (connectionId !== "") {
      // A recovery is judged by its reconnection token alone: the access token in the same URL may be long expired.
      const reconnectionToken = query.get("awps_reconnection_token") ?? "";
      if (codec === undefined) return wrongSubprotocol();
      return (sink) => this.#recover(hubName, { codec, connectionId, reconnectionToken }, sink);
    }
    const access = this.#authorize(request, query, hubName);
    if ("status" in access) return access;
    if (codec === undefined) return wrongSubprotocol();
    const hub = this.#host.hub(hubName);
    if (hub.full) return { status: 503, reason: "The hub has as many connections as it can hold." };
    return (sink) => hub.connect({ ...access, codec }, sink);
  }

  /** Nobody has proved anything yet: an unknown hub must not come to exist by being asked for. */
  #recover(hubName: string, request: RecoverRequest, sink: Sink): Link | undefined {
    const hub = this.#host.knownHub(hubName);
    if (hub !== undefined) return hub.recover(request, sink);
    sink.close(1008, "The hub has no connections.");
    return undefined;
  }

  #authorize(request: IncomingMessage, query: URLSearchParams, hub: string): Omit<ConnectRequest, "codec"> | Refusal {
    const token = bearerToken(query, request.headers.authorization);
    if (token === undefined) return { status: 401, reason: "The access token is missing." };
    const verified = verifyToken(token, this.#host.keys, this.#host.now());
    if (!verified.ok) return { status: 401, reason: verified.problem };
    const { claims } = verified;
    const hosts = [...this.#host.hosts, request.headers.host ?? ""];
    if (!isClientAudience(claims["aud"], hub, hosts)) {
      return { status: 401, reason: "The access token was refused: its audience (aud) is not this hub." };
    }
    const roles = textList(claims["role"]);
    const groups = textList(claims["webpubsub.group"]);
    const userId = claims["sub"] ?? "";
    if (roles === undefined || groups === undefined || typeof userId !== "string") {
      return { status: 401, reason: "The access token was refused: role, webpubsub.group or sub is not text." };
    }
    const { groupNameCharsMax } = this.#host;
    if (!groups.every((group) => isGroupName(group, groupNameCharsMax))) {
      return { status: 400, reason: `The access token names a group that is blank or over ${groupNameCharsMax} long.` };
    }
    return userId === "" ? { roles, groups } : { roles, groups, userId };
  }

  #refuse(socket: Duplex, { status, reason }: Refusal): void {
    this.#host.refused(status, reason);
    const titles = { 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable" };
    // The peer may never close its half: nothing of a refused client stays.
    socket.once("finish", () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${titles[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
    );
  }
}

/** The hub of `/client/hubs/{hub}` or the older `/client/?hub={hub}`. */
function clientHub(path: string, query: URLSearchParams): string | Refusal {
  const inPath = /^\/client\/hubs\/([^/]+)\/?$/i.exec(path)?.[1];
  const inQuery = /^\/client\/?$/i.test(path) ? (query.get("hub") ?? "") : undefined;
  if (inPath === undefined && inQuery === undefined) {
    return /^\/clients\/|^\/server\//i.test(path)
      ? { status: 404, reason: "MQTT and Socket.IO are not offered by this version of the service." }
      : { status: 404, reason: "Clients connect to /client/hubs/{hub}." };
  }
  const hub = inPath === undefined ? inQuery : decodeHub(inPath);
  return hub !== undefined && isHubName(hub) ? hub : { status: 400, reason: "The hub name is not valid." };
}

function decodeHub(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // Not percent-encoded text: no hub has this name.
  }
}

/** The first offered subprotocol that is known; the answer repeats the client's spelling. */
function choose(offered: Iterable<string>): { readonly codec: Codec; readonly offered: string } | undefined {
  for (const name of offered) {
    const codec = codecs.find(({ subprotocol }) => subprotocol === name.toLowerCase());
    if (codec !== undefined) return { codec, offered: name };
  }
  return undefined;
}

function wrongSubprotocol(): Refusal {
  const names = codecs.map(({ subprotocol }) => subprotocol).join(" or ");
  return {
    status: 400,
    reason: `Offer the WebSocket subprotocol ${names}. Plain WebSocket, protobuf and MQTT clients are not served yet.`,
  };
}
