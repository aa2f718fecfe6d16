import { type Service, startService } from "webpubsub-local";
import { type Child, startChild } from "./child.ts";
import { RoundRobin } from "./round-robin.ts";

const accessKey = "a key of at least thirty-two bytes for tests";

export interface ClusterOptions {
  /** The store of all servers, as `chosenStore` reads it. */
  readonly store: Readonly<Record<string, string>>;
  readonly servers: number;
  /** Documents that each server gives initial content when it starts. */
  readonly seeded: readonly string[];
}

/** Several server processes on one store, one service, and a load balancer in front. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #service: Service;
  readonly #balancer: RoundRobin;
  readonly #servers: Child[] = [];

  private constructor(options: ClusterOptions, service: Service, balancer: RoundRobin) {
    this.#options = options;
    this.#service = service;
    this.#balancer = balancer;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const service = await startService({ port: 0, accessKey });
    const cluster = new Cluster(options, service, await RoundRobin.start());
    // All at once: whatever a store is given at its first opening, three servers give it.
    const servers = await Promise.all(Array.from({ length: options.servers }, () => cluster.#start()));
    cluster.#servers.push(...servers);
    cluster.#balancer.over(servers.map(portOf));
    return cluster;
  }

  /** Through the load balancer. */
  get url(): string {
    return `http://127.0.0.1:${this.#balancer.port}/collab`;
  }

  /** Of each server by itself. */
  get urls(): string[] {
    return this.#servers.map((server) => `http://127.0.0.1:${portOf(server)}/collab`);
  }

  kill(index: number): Promise<void> {
    return this.#at(index).kill("SIGKILL");
  }

  /** A new process in the place of one that was killed. */
  async replace(index: number): Promise<void> {
    this.#servers[index] = await this.#start();
    this.#balancer.over(this.#servers.map(portOf));
  }

  freeze(index: number): void {
    process.kill(this.#at(index).pid, "SIGSTOP");
  }

  thaw(index: number): void {
    process.kill(this.#at(index).pid, "SIGCONT");
  }

  /** What the servers counted, added up. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    const total: Record<string, number> = {};
    for (const server of this.#servers) {
      const response = await fetch(`http://127.0.0.1:${portOf(server)}/stats`);
      const { counts } = (await response.json()) as { counts: Record<string, number> };
      for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
    }
    return total;
  }

  async close(): Promise<void> {
    await this.#balancer.close();
    // A frozen process takes no signal but this one.
    await Promise.all(this.#servers.map((server) => server.kill("SIGKILL")));
    await this.#service.close();
  }

  #start(): Promise<Child> {
    const service = `Endpoint=http://127.0.0.1:${this.#service.port};AccessKey=${accessKey};Version=1.0;`;
    return startChild("test/e2e/server-process.ts", {
      env: { ...this.#options.store, SERVICE: service, SEED_DOCUMENTS: this.#options.seeded.join() },
      ready: /ready on (\d+)/,
    });
  }

  #at(index: number): Child {
    const server = this.#servers[index];
    if (server === undefined) throw new Error(`There is no server ${index}.`);
    return server;
  }
}

function portOf(server: Child): number {
  return Number(server.said);
}
