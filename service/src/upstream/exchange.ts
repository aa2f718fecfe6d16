import { setMaxListeners } from "node:events";
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

export interface Outgoing {
  readonly method: "GET" | "OPTIONS" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/** `lost`: no answer, so that another try makes sense. `unusable`: an answer that no further try would improve. */
export type Incoming =
  | { readonly type: "answer"; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  | { readonly type: "lost"; readonly problem: string }
  | { readonly type: "unusable"; readonly problem: string };

/** HTTP calls with a bound on time, size and sockets. Redirects are not followed. Never throws. */
export class Caller {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #ended: AbortController = new AbortController();

  constructor(socketsMax: number) {
    // Each running call listens: as many as there are is no leak.
    setMaxListeners(0, this.#ended.signal);
    this.#http = new HttpAgent({ keepAlive: true, maxSockets: socketsMax });
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: socketsMax });
  }

  /** Aborted by `end`, for whoever waits between two calls. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async call(outgoing: Outgoing): Promise<Incoming> {
    const first = await this.#once(outgoing);
    // A kept-alive socket that the other side closes in the moment of its reuse says nothing about the handler.
    return first === "stale" ? lost(await this.#once(outgoing)) : first;
  }

  /** Gives up all running calls. */
  end(): void {
    this.#ended.abort();
    this.#http.destroy();
    this.#https.destroy();
  }

  #once(outgoing: Outgoing): Promise<Incoming | "stale"> {
    const { method, url, headers, body, timeoutMs, answerBytesMax } = outgoing;
    if (this.#ended.signal.aborted) return Promise.resolve({ type: "lost", problem: "The service is stopping." });
    return new Promise<Incoming | "stale">((resolve) => {
      const secure = url.protocol === "https:";
      const length = method === "POST" ? { "content-length": String(body?.length ?? 0) } : {};
      const request = (secure ? requestHttps : requestHttp)(url, {
        method,
        headers: { ...headers, ...length },
        agent: secure ? this.#https : this.#http,
        signal: this.#ended.signal,
      });
      const timer = setTimeout(() => request.destroy(new Error(`No answer within ${timeoutMs} ms.`)), timeoutMs);
      const settle = (incoming: Incoming | "stale") => {
        clearTimeout(timer);
        resolve(incoming);
      };
      request.on("error", (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && error.code === "ECONNRESET";
        settle(stale ? "stale" : { type: "lost", problem: error.message });
      });
      request.on("response", (response) => {
        void readAnswer(response, answerBytesMax).then((incoming) => {
          if (incoming.type === "unusable") request.destroy();
          settle(incoming);
        });
      });
      request.end(body);
    }).catch((error: unknown) => ({ type: "unusable", problem: `The call cannot be made: ${String(error)}` }));
  }
}

async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<Incoming> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) return { type: "unusable", problem: `The answer is longer than ${bytesMax} bytes.` };
      chunks.push(chunk);
    }
  } catch (error) {
    return { type: "lost", problem: `The answer broke off: ${error instanceof Error ? error.message : String(error)}` };
  }
  const { statusCode = 0, headers } = response;
  return { type: "answer", status: statusCode, headers, body: Buffer.concat(chunks, bytes) };
}

function lost(incoming: Incoming | "stale"): Incoming {
  return incoming === "stale" ? { type: "lost", problem: "The connection was reset." } : incoming;
}
