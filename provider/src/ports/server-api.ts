import { toBase64UrlEncoded } from "lib0/buffer";
import { decodeLogPage, decodeSnapshot, encodeUpload } from "../core/http-body.ts";
import {
  type Clock,
  type Cursor,
  type Decoded,
  type DocumentId,
  type Head,
  type LogPage,
  type NamedConnection,
  type Receipt,
  type Server,
  ServerFailure,
  type SessionCard,
  type SnapshotBody,
  type SnapshotRef,
  type Ticket,
  type UploadBatch,
} from "../core/ports.ts";
import { decodeHead, decodeReceipt, decodeTicket } from "./answers.ts";
import { type Ask, failureOf, unreachable } from "./failure.ts";
import { portLimits } from "./limits.ts";
import { reasonOf } from "./reason.ts";
import { type ServerApiOptions, stringsOf } from "./server-options.ts";

/** The protocol version this provider speaks. */
const protocolVersion = 1;

/** CN10: what a connection of several documents asks besides. */
export interface ConnectionServer {
  /** Takes the document's groups from the connection. Rejects with a `ServerFailure`. */
  release(document: DocumentId, connection: NamedConnection, signal: AbortSignal): Promise<void>;
}

/** The server over `fetch`. `base` is where the collab router is mounted, absolute. Keeps no state between requests. */
export function serverApi(base: URL, clock: Clock, options: ServerApiOptions): Server & ConnectionServer {
  const http = new Http(base, clock, options);
  return {
    async negotiate(document: DocumentId, card: SessionCard, signal: AbortSignal): Promise<Ticket> {
      const body = JSON.stringify({
        protocol: protocolVersion,
        document,
        session: card.session,
        clientIds: card.clientIds,
        ...(card.generation === null ? {} : { generation: card.generation }),
        ...(card.connection === undefined ? {} : { connection: card.connection }),
        ...(card.key ? { key: toBase64UrlEncoded(card.key) } : {}),
      });
      const post = { method: "POST", body, headers: { "Content-Type": "application/json" } };
      return sound(decodeTicket(await http.json("negotiate", "negotiate", {}, post, signal)), "ticket");
    },
    async release(document: DocumentId, connection: NamedConnection, signal: AbortSignal): Promise<void> {
      const { session } = connection;
      const body = JSON.stringify({ protocol: protocolVersion, document, session, connection, release: true });
      const post = { method: "POST", body, headers: { "Content-Type": "application/json" } };
      await http.json("negotiate", "negotiate", {}, post, signal);
    },
    async snapshot(document: DocumentId, ref: SnapshotRef, signal: AbortSignal): Promise<SnapshotBody> {
      const bounds = { bytesMax: portLimits.snapshotBytesMax, msMax: portLimits.snapshotMsMax };
      return sound(
        decodeSnapshot(await http.bytes("snapshot", "snapshot", { document, ref }, {}, bounds, signal)),
        "snapshot",
      );
    },
    async log(document: DocumentId, generation: number, after: Cursor, signal: AbortSignal): Promise<LogPage> {
      const bounds = { bytesMax: portLimits.pageBytesMax, msMax: portLimits.requestMsMax };
      const query = { document, generation: String(generation), after };
      return sound(decodeLogPage(await http.bytes("log", "log", query, {}, bounds, signal)), "log page");
    },
    async upload(
      document: DocumentId,
      generation: number,
      batch: UploadBatch,
      { keepalive }: { readonly keepalive: boolean },
      signal: AbortSignal,
    ): Promise<Receipt> {
      const headers = { "Content-Type": "application/octet-stream" };
      const post = { method: "POST", body: new Uint8Array(encodeUpload(batch)), headers, keepalive };
      const query = { document, generation: String(generation) };
      return sound(decodeReceipt(await http.json("upload", "log", query, post, signal)), "receipt");
    },
    async head(
      document: DocumentId,
      generation: number,
      cursor: Cursor,
      digest: Uint8Array,
      signal: AbortSignal,
    ): Promise<Head> {
      const query = { document, generation: String(generation), cursor, digest: toBase64UrlEncoded(digest) };
      return sound(decodeHead(await http.json("head", "head", query, {}, signal)), "head");
    },
  };
}

function sound<T>(decoded: Decoded<T>, what: string): T {
  if (decoded.ok) return decoded.value;
  throw new ServerFailure(unreachable(`The server's ${what} could not be read: ${decoded.problem}.`));
}

interface Bounds {
  readonly bytesMax: number;
  readonly msMax: number;
}

/** One request at a time: address, headers, deadline, bounded answer. Rejects with a `ServerFailure` and nothing else. */
class Http {
  readonly #base: URL;
  readonly #clock: Clock;
  readonly #options: ServerApiOptions;

  constructor(base: URL, clock: Clock, options: ServerApiOptions) {
    this.#base = base;
    this.#clock = clock;
    this.#options = options;
  }

  async json(
    ask: Ask,
    path: string,
    query: Readonly<Record<string, string>>,
    init: RequestInit,
    signal: AbortSignal,
  ): Promise<unknown> {
    const bounds = { bytesMax: portLimits.jsonBytesMax, msMax: portLimits.requestMsMax };
    const parsed = parse(await this.bytes(ask, path, query, init, bounds, signal));
    if (parsed === undefined) throw new ServerFailure(unreachable(`The server's answer to ${path} is not JSON.`));
    return parsed;
  }

  async bytes(
    ask: Ask,
    path: string,
    query: Readonly<Record<string, string>>,
    init: RequestInit,
    bounds: Bounds,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const timer = new AbortController();
    const stop = (): void => timer.abort();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const cancel = this.#clock.after(bounds.msMax, stop);
    try {
      // The application's own functions: the deadline is theirs too.
      const prepared = Promise.all([this.#address(path, query), stringsOf(this.#options.headers)]);
      const [address, headers] = await Promise.race([prepared, aborted(timer.signal)]);
      const response = await fetch(address, {
        ...init,
        headers: { ...headers, ...init.headers },
        credentials: this.#options.credentials,
        signal: timer.signal,
      });
      const body = await bounded(response, response.ok ? bounds.bytesMax : portLimits.jsonBytesMax);
      if (response.ok) return body;
      const { status } = response;
      throw failureOf({ ask, status, retryAfter: response.headers.get("Retry-After"), problem: parse(body) });
    } catch (error) {
      if (error instanceof ServerFailure) throw error;
      if (signal.aborted) throw new ServerFailure(unreachable("The request was given up."));
      if (timer.signal.aborted) {
        throw new ServerFailure(unreachable(`The server did not answer ${path} within ${bounds.msMax / 1000} s.`));
      }
      throw new ServerFailure(unreachable(`The server could not be reached: ${causeOf(error)}.`));
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  async #address(path: string, query: Readonly<Record<string, string>>): Promise<URL> {
    const address = new URL(this.#base);
    address.pathname = `${address.pathname.replace(/\/+$/, "")}/${path}`;
    for (const [name, value] of Object.entries(await stringsOf(this.#options.params))) {
      address.searchParams.set(name, value);
    }
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    return address;
  }
}

/** Rejects when the signal fires. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Error("aborted"));
    else signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}

/** Reads the answer to its end, and gives it up when it is larger than any honest one. */
async function bounded(response: Response, bytesMax: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > bytesMax) {
      await reader.cancel();
      throw new ServerFailure(unreachable(`The server's answer is larger than ${bytesMax} bytes.`));
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** The JSON value, or undefined when it is none. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Node hides the socket's error in `cause`. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? reasonOf(error.cause) : reasonOf(error);
}
