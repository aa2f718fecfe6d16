import type { Awareness } from "y-protocols/awareness";
import type { DocumentId, IdentityMode } from "./core/ports.ts";
import type { PaceOptions, Policy } from "./core/replica-contract.ts";
import { ProviderError } from "./errors.ts";
import type { Persistence } from "./persistence.ts";
import { namesSenders, type Subprotocol, subprotocols } from "./ports/line-protocol.ts";
import type { ServerApiOptions, Strings } from "./ports/server-options.ts";

/** How server and service are reached. */
export interface ConnectionOptions {
  /** Added to the query of each request to the server. A function is asked each time. Default none. */
  readonly params?: Strings;
  /** Sent with each request to the server, e.g. `Authorization`. A function is asked each time. Default none. */
  readonly headers?: Strings;
  /** Whether cookies go to the server, as in `fetch`. Default `same-origin`. */
  readonly credentials?: RequestCredentials;
  /**
   * Subprotocol on the service. Default `json.reliable`. `protobuf` and `protobuf.reliable` carry plain bytes instead of
   * base64, but not who sent them: they need `identity: "signed"`, of every provider in the room.
   */
  readonly protocol?: Subprotocol;
}

/** On a shared `WebPubSubConnection` its own `ConnectionOptions` hold, not these. */
export interface WebPubSubProviderOptions extends ConnectionOptions {
  /** Default: a new one. One that is given is used and never destroyed; its renewal timer is taken over. */
  readonly awareness?: Awareness;
  /** Connect on construction. Default true; `connect()` does it later. */
  readonly connect?: boolean;
  /** Small delays (`responsive`) or few billed units (`economy`). Default `responsive`. */
  readonly policy?: Policy;
  /**
   * What the service may bill in an hour for the frames of this provider: as it is used up, changes wait longer for one
   * another. Saving does not wait, and no edit is ever lost by it. Default: no bound.
   */
  readonly budget?: { readonly unitsPerHour: number };
  /**
   * Whether tabs of one browser with the same document tell each other their edits directly, also without network, and
   * publish nothing for one another. Default: true in a page, false elsewhere.
   */
  readonly crossTab?: boolean;
  /**
   * `signed`: every frame carries this session's own signature, and nothing unsigned is believed. For all providers of a
   * document alike; the server can ask for it (docs/security.md). Needs WebCrypto with Ed25519. Default `stamped`: whom the
   * service names as the sender is believed.
   */
  readonly identity?: IdentityMode;
  /** A copy on this device: `indexedDbPersistence()` of `y-webpubsub/indexeddb`. Default: none. */
  readonly persistence?: Persistence;
}

export interface ResolvedOptions extends ServerApiOptions {
  readonly awareness: Awareness | null;
  readonly connect: boolean;
  readonly protocol: Subprotocol;
  readonly pace: PaceOptions;
  readonly persistence: Persistence | null;
  readonly crossTab: boolean;
  readonly identity: IdentityMode;
}

const defaults: ResolvedOptions = {
  awareness: null,
  connect: true,
  params: {},
  headers: {},
  credentials: "same-origin",
  protocol: "json.reliable",
  pace: { policy: "responsive", unitsPerHour: null },
  persistence: null,
  crossTab: typeof window !== "undefined",
  identity: "stamped",
};

const documentIdLengthMax = 256;

/** Fills in what was left out; an explicit `undefined` counts as left out. */
export function resolveOptions(options: WebPubSubProviderOptions): ResolvedOptions {
  const connection = resolveConnectionOptions(options);
  const identity = resolveIdentity(options.identity);
  refuseUnsigned(connection.protocol, identity);
  return {
    ...connection,
    awareness: options.awareness ?? defaults.awareness,
    connect: options.connect ?? defaults.connect,
    pace: resolvePace(options),
    crossTab: options.crossTab ?? defaults.crossTab,
    identity,
    persistence: options.persistence ?? defaults.persistence,
  };
}

/** The same for a connection alone. */
export function resolveConnectionOptions(options: ConnectionOptions): ServerApiOptions & { protocol: Subprotocol } {
  const protocol = options.protocol ?? defaults.protocol;
  if (!subprotocols.includes(protocol)) {
    const known = subprotocols.map((name) => `"${name}"`).join(", ");
    throw new ProviderError("bad-option", `The protocol ${String(protocol)} is unknown. Use one of ${known}.`);
  }
  return {
    params: options.params ?? defaults.params,
    headers: options.headers ?? defaults.headers,
    credentials: options.credentials ?? defaults.credentials,
    protocol,
  };
}

/** ID8: where nobody names the sender only a signature does. Throws `bad-option`. */
export function refuseUnsigned(protocol: Subprotocol, identity: IdentityMode): void {
  if (namesSenders(protocol) || identity === "signed") return;
  throw new ProviderError(
    "bad-option",
    `The protocol "${protocol}" does not carry who sent a message. Add identity: "signed", or use "json.reliable".`,
  );
}

function resolveIdentity(identity: IdentityMode = defaults.identity): IdentityMode {
  if (identity === "stamped" || identity === "signed") return identity;
  throw new ProviderError("bad-option", `The identity ${String(identity)} is unknown. Use "stamped" or "signed".`);
}

function resolvePace({ policy = defaults.pace.policy, budget }: WebPubSubProviderOptions): PaceOptions {
  if (policy !== "responsive" && policy !== "economy") {
    throw new ProviderError("bad-option", `The policy ${String(policy)} is unknown. Use "responsive" or "economy".`);
  }
  const unitsPerHour = budget?.unitsPerHour ?? defaults.pace.unitsPerHour;
  if (unitsPerHour !== null && !(unitsPerHour > 0)) {
    throw new ProviderError("bad-option", "budget.unitsPerHour must be above 0. Leave the budget out for no bound.");
  }
  return { policy, unitsPerHour };
}

/** Where the collab router is mounted. `ws:` is read as `http:`, as people come from y-websocket; in a page it may be relative. */
export function resolveServerUrl(serverUrl: string): URL {
  const page = typeof location === "undefined" ? undefined : location.href;
  const text = serverUrl.replace(/^ws(s?):/i, "http$1:");
  const url = URL.canParse(text, page) ? new URL(text, page) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ProviderError(
      "bad-server-url",
      `"${serverUrl}" is no address of a server. Give where the collab router is mounted, e.g. "https://example.com/collab".`,
    );
  }
  return url;
}

/** Document ids are compared in NFC: the same word typed on two systems names the same document. */
export function resolveDocumentId(documentId: string): DocumentId {
  const normal = typeof documentId === "string" ? documentId.normalize("NFC") : "";
  if (normal === "" || normal.length > documentIdLengthMax || /[\p{Cc}\p{Cs}]/u.test(normal)) {
    throw new ProviderError(
      "bad-document-id",
      `A document id has 1 to ${documentIdLengthMax} characters and no control characters. Choose another id.`,
    );
  }
  return normal as DocumentId;
}
