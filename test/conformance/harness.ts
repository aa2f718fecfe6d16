import { createHmac } from "node:crypto";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, type WebPubSubClientOptions } from "@azure/web-pubsub-client";
import { onTestFinished } from "vitest";
import { type LogLine, type Service, type ServiceOptions, startService } from "webpubsub-local";
import { type ClientOptions, WebSocket } from "ws";

export const jsonName = "json.webpubsub.azure.v1";
export const reliableName = "json.reliable.webpubsub.azure.v1";
export const hubName = "Collab";
export const accessKey = "conformance-key-conformance-key-0001";
export const secondaryKey = "conformance-key-conformance-key-0002";

interface Identity {
  readonly userId?: string;
  readonly roles?: string[];
  readonly groups?: string[];
}

/** One service for one test: everything that was opened is closed when the test ends. */
export class Bench {
  readonly service: Service;
  /** The official server SDK, unmodified. */
  readonly admin: WebPubSubServiceClient;
  readonly #lines: LogLine[];
  readonly #waiting: Set<() => void>;

  private constructor(service: Service, lines: LogLine[], waiting: Set<() => void>) {
    this.service = service;
    this.#lines = lines;
    this.#waiting = waiting;
    this.admin = new WebPubSubServiceClient(service.connectionString, hubName, { allowInsecureConnection: true });
  }

  static async start(options: ServiceOptions = {}): Promise<Bench> {
    const lines: LogLine[] = [];
    const waiting = new Set<() => void>();
    const log = (line: LogLine) => {
      lines.push(line);
      for (const check of waiting) check();
    };
    const service = await startService({ port: 0, accessKey, secondaryKey, log, ...options });
    onTestFinished(() => service.close());
    return new Bench(service, lines, waiting);
  }

  /** Resolves with the first line, past or future, that fits. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve) => {
      const check = () => {
        const line = this.#lines.find(fits);
        if (line === undefined) return;
        this.#waiting.delete(check);
        resolve(line);
      };
      this.#waiting.add(check);
      check();
    });
  }

  ended(connectionId: string): Promise<LogLine> {
    return this.logged((line) => line.type === "disconnected" && line.connectionId === connectionId);
  }

  get log(): readonly LogLine[] {
    return this.#lines;
  }

  async url(identity: Identity = {}): Promise<string> {
    return (await this.admin.getClientAccessToken(identity)).url;
  }

  /** The official client SDK, unmodified, connected. */
  async sdk(identity: Identity = {}, options: WebPubSubClientOptions = {}): Promise<SdkClient> {
    const client = new WebPubSubClient({ getClientAccessUrl: () => this.url(identity) }, options);
    const sdk = new SdkClient(client);
    onTestFinished(() => client.stop());
    await client.start();
    await sdk.connected(1);
    return sdk;
  }

  /** A WebSocket that shows the text of every frame. */
  async plain(identity: Identity = {}, protocol = jsonName): Promise<Plain> {
    const plain = await this.dial(await this.url(identity), protocol);
    plain.connected = JSON.parse(await plain.next());
    return plain;
  }

  async dial(url: string, protocol: string | string[], options: ClientOptions = {}): Promise<Plain> {
    const ws = new WebSocket(url, protocol, options);
    onTestFinished(() => ws.terminate());
    const plain = new Plain(ws);
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    return plain;
  }

  /** The HTTP status and body of an upgrade that is refused. */
  refusal(url: string, protocol: string | string[] = jsonName): Promise<{ status: number; body: string }> {
    const ws = new WebSocket(url, protocol);
    onTestFinished(() => ws.terminate());
    return new Promise((resolve, reject) => {
      ws.on("open", () => reject(new Error("The upgrade was accepted.")));
      ws.on("error", reject);
      ws.on("unexpected-response", (_request, response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      });
    });
  }

  /** A signed REST call, for what the SDK does not show. */
  rest(method: string, path: string, init: RequestInit & { readonly aud?: string } = {}): Promise<Response> {
    const url = `${this.service.endpoint}${path}`;
    const token = sign({ aud: init.aud ?? url, exp: Math.floor(Date.now() / 1000) + 60 });
    return fetch(url, { ...init, method, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  }
}

/** Counts what the SDK reports, so that tests can wait for it. */
export class SdkClient {
  readonly client: WebPubSubClient;
  readonly ids: string[] = [];
  readonly messages: unknown[] = [];
  disconnects = 0;
  readonly #waiting: Set<() => void> = new Set();

  constructor(client: WebPubSubClient) {
    this.client = client;
    client.on("connected", (event) => this.#note(() => this.ids.push(event.connectionId)));
    client.on("group-message", (event) => this.#note(() => this.messages.push(event.message.data)));
    client.on("server-message", (event) => this.#note(() => this.messages.push(event.message.data)));
    client.on("disconnected", () => this.#note(() => ++this.disconnects));
  }

  get id(): string {
    return this.ids.at(-1) ?? "";
  }

  connected(times: number): Promise<void> {
    return this.#until(() => this.ids.length >= times);
  }

  received(count: number): Promise<void> {
    return this.#until(() => this.messages.length >= count);
  }

  #note(change: () => number): void {
    change();
    for (const check of this.#waiting) check();
  }

  #until(fits: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!fits()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

export class Plain {
  readonly ws: WebSocket;
  /** Resolves when the socket is closed, by whom ever. */
  readonly closed: Promise<{ code: number; reason: string }>;
  connected: { readonly connectionId?: string; readonly reconnectionToken?: string } = {};
  readonly #frames: string[] = [];
  #wake: () => void = () => undefined;

  constructor(ws: WebSocket) {
    this.ws = ws;
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString("utf8") }));
    });
    ws.on("message", (data: Buffer, isBinary) => {
      this.#frames.push(isBinary ? `binary ${data.toString("hex")}` : data.toString("utf8"));
      this.#wake();
    });
    ws.on("error", () => this.#wake());
  }

  get id(): string {
    return this.connected.connectionId ?? "";
  }

  send(message: object | string): void {
    this.ws.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next frame not looked at yet. */
  async next(): Promise<string> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What arrived before the answer to a ping: proves the absence of anything else. */
  async settled(): Promise<string[]> {
    this.send({ type: "ping" });
    const frames: string[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame === '{"type":"pong"}') return frames;
      frames.push(frame);
    }
  }
}

/** A token by hand, for all that the SDK would not write. */
export function sign(claims: object, { alg = "HS256", key = accessKey, hash = "sha256" } = {}): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const text = `${encode({ alg, typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
}
