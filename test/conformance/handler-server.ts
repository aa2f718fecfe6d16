import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { EventHandler, HubSettings, ServiceOptions } from "webpubsub-local";
import { Bench, hubName } from "./harness.ts";

/** A web server on a free port, gone when the test ends. */
export async function listening(listener: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** What a handler got, ready to be looked at. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

type Script = (request: Received, response: ServerResponse) => Answer | undefined | Promise<Answer | undefined>;

/** An event handler by hand: allows everything, notes every request, and answers POSTs as its script says. */
export class HandlerServer {
  readonly url: string;
  readonly requests: Received[] = [];
  readonly #waiting: Set<() => void> = new Set();

  private constructor(url: string) {
    this.url = url;
  }

  /** A script that answers undefined has written its answer itself, or means to give none. */
  static async start(script: Script, preflight: Script = () => allowAll): Promise<HandlerServer> {
    const holder: { server?: HandlerServer } = {};
    const { url } = await listening((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        const { method = "", url: path = "", headers } = request;
        const received = { method, path, headers, body: Buffer.concat(chunks) };
        holder.server?.note(received);
        const answer = await (method === "POST" ? script : preflight)(received, response);
        if (answer !== undefined) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
      });
    });
    const server = new HandlerServer(url);
    holder.server = server;
    return server;
  }

  note(received: Received): void {
    this.requests.push(received);
    for (const check of this.#waiting) check();
  }

  get posts(): readonly Received[] {
    return this.requests.filter(({ method }) => method === "POST");
  }

  /** Resolves once so many POSTs (of this event) have come. */
  posted(count: number, eventName?: string): Promise<readonly Received[]> {
    return new Promise((resolve) => {
      const check = () => {
        const fit = this.posts.filter(
          ({ headers }) => eventName === undefined || headers["ce-eventname"] === eventName,
        );
        if (fit.length < count) return;
        this.#waiting.delete(check);
        resolve(fit);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Settings of a hub whose events come here. */
  hub(handler: Partial<EventHandler> = {}, rest: HubSettings = {}): HubSettings {
    const all = { systemEvents: ["connect", "connected", "disconnected"], userEventPattern: "*" } as const;
    return { ...rest, eventHandlers: [{ urlTemplate: `${this.url}/events/{hub}/{event}`, ...all, ...handler }] };
  }
}

export const allowAll: Answer = { headers: { "WebHook-Allowed-Origin": "*" } };

/** Everything is fine, and there is nothing to say. */
export const fine: Answer = { status: 204 };

/** A promise that the test fulfils. */
export function deferred<T = void>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve: (value) => resolve(value) };
}

/** Soon enough for a test, in the right order. */
export const quick = { retryDelaysMs: [10, 20, 30], callMs: 5_000 };

/** A service whose hub sends all its events to one handler. */
export async function benchFor(server: HandlerServer, options: ServiceOptions = {}): Promise<Bench> {
  return Bench.start({ hubs: { [hubName]: server.hub() }, upstreamLimits: quick, ...options });
}
