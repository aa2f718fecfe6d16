import type { Awareness } from "y-protocols/awareness";
import type { DocumentId } from "./core/ports.ts";
import { ProviderError } from "./errors.ts";
import type { Subprotocol } from "./ports/line-protocol.ts";
import type { ServerApiOptions, Strings } from "./ports/server-options.ts";

export interface WebPubSubProviderOptions {
  /** Default: a new one. One that is given is used and never destroyed; its renewal timer is taken over. */
  readonly awareness?: Awareness;
  /** Connect on construction. Default true; `connect()` does it later. */
  readonly connect?: boolean;
  /** Added to the query of each request to the server. A function is asked each time. Default none. */
  readonly params?: Strings;
  /** Sent with each request to the server, e.g. `Authorization`. A function is asked each time. Default none. */
  readonly headers?: Strings;
  /** Whether cookies go to the server, as in `fetch`. Default `same-origin`. */
  readonly credentials?: RequestCredentials;
  /** Subprotocol on the service. Default `json.reliable`. */
  readonly protocol?: Subprotocol;
}

export interface ResolvedOptions extends ServerApiOptions {
  readonly awareness: Awareness | null;
  readonly connect: boolean;
  readonly protocol: Subprotocol;
}

const defaults: ResolvedOptions = {
  awareness: null,
  connect: true,
  params: {},
  headers: {},
  credentials: "same-origin",
  protocol: "json.reliable",
};

const documentIdLengthMax = 256;

/** Fills in what was left out; an explicit `undefined` counts as left out. */
export function resolveOptions(options: WebPubSubProviderOptions): ResolvedOptions {
  const protocol = options.protocol ?? defaults.protocol;
  if (protocol !== "json.reliable" && protocol !== "json") {
    throw new ProviderError(
      "bad-option",
      `The protocol ${String(protocol)} is unknown. Use "json.reliable" or "json".`,
    );
  }
  return {
    awareness: options.awareness ?? defaults.awareness,
    connect: options.connect ?? defaults.connect,
    params: options.params ?? defaults.params,
    headers: options.headers ?? defaults.headers,
    credentials: options.credentials ?? defaults.credentials,
    protocol,
  };
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
