import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * When a load balancer gives a server up, of whichever comes first: so many later requests were answered by others, or
 * so much time has passed. The first makes a frozen server cost little on a fast machine, and nothing else on a slow one.
 */
const patience = { laterAnswers: 10, ms: 4_000 };

/**
 * A plain load balancer: each request goes to the next server, whoever asks for whatever. It knows nothing of health, so
 * a server that is gone is a 502, and one that does not answer a 504.
 */
export class RoundRobin {
  readonly #server: Server;
  #ports: readonly number[] = [];
  #next = 0;
  #answers = 0;
  /** Requests without an answer: how many others had one when they came, and how they are given up. */
  readonly #waiting: Map<ServerResponse, { readonly since: number; readonly giveUp: () => void }> = new Map();

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => this.#pass(request, response));
  }

  static async start(): Promise<RoundRobin> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new RoundRobin(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  over(ports: readonly number[]): void {
    this.#ports = ports;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const port = this.#ports[this.#next++ % this.#ports.length];
    const { method, url: path, headers } = request;
    const options = { host: "127.0.0.1", port, method, path, headers, agent: false, timeout: patience.ms };
    const onward = forward(options, (answer) => {
      this.#answered(response);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    const fail = (status: number) => {
      this.#waiting.delete(response);
      onward.destroy();
      if (!response.headersSent) response.writeHead(status);
      response.end();
    };
    this.#waiting.set(response, { since: this.#answers, giveUp: () => fail(504) });
    onward.on("timeout", () => fail(504));
    onward.on("error", () => fail(502));
    request.on("error", () => onward.destroy());
    request.pipe(onward);
  }

  #answered(response: ServerResponse): void {
    this.#waiting.delete(response);
    this.#answers += 1;
    for (const { since, giveUp } of this.#waiting.values()) {
      if (this.#answers - since > patience.laterAnswers) giveUp();
    }
  }
}
