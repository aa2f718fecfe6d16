import { randomBytes } from "node:crypto";
import { ForeignLoad } from "../foreign-load.ts";
import { type Remote, startProcess } from "../processes.ts";
import type { DriverCalls } from "./driver.ts";
import type { ServerCalls, ServerKind, Usage } from "./server.ts";

/** A server under measurement. */
export interface Server {
  readonly port: number;
  readonly accessKey: string;
  usage(): Promise<Usage>;
  settledUsage(): Promise<Usage>;
}

export interface Measured<T> {
  readonly value: T;
  /** Processor time of the server, in microseconds. */
  readonly cpuMicros: number;
  readonly foreignCores: number | undefined;
}

/** The processes of one part of the bench: servers, and drivers apart from them. */
export class Stage {
  readonly #processes: Remote<never>[] = [];
  readonly #drivers: Remote<DriverCalls>[] = [];

  async server(kind: ServerKind): Promise<Server> {
    const remote = startProcess<ServerCalls>("service/server.ts");
    this.#processes.push(remote);
    const accessKey = randomBytes(24).toString("hex");
    const port = await remote.call("start", { kind, accessKey });
    return { port, accessKey, usage: () => remote.call("usage"), settledUsage: () => remote.call("settledUsage") };
  }

  driver(): Remote<DriverCalls> {
    const remote = startProcess<DriverCalls>("service/driver.ts");
    this.#processes.push(remote);
    this.#drivers.push(remote);
    return remote;
  }

  /** Runs `work` and says what it cost the server, and how much of the machine others used meanwhile. */
  async measure<T>(server: Server, work: () => Promise<T>): Promise<Measured<T>> {
    const load = new ForeignLoad();
    const [before, others] = [await server.usage(), await this.#ownMicros()];
    const value = await work();
    const cpuMicros = (await server.usage()).cpuMicros - before.cpuMicros;
    const ownMicros = (await this.#ownMicros()) - others + cpuMicros;
    return { value, cpuMicros, foreignCores: load.cores(ownMicros / 1e6) };
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((remote) => remote.end()));
  }

  async #ownMicros(): Promise<number> {
    const { user, system } = process.cpuUsage();
    const drivers = await Promise.all(this.#drivers.map((driver) => driver.call("cpuMicros")));
    return drivers.reduce((sum, micros) => sum + micros, user + system);
  }
}

/** Runs `work` on a stage that is cleared whatever happens. */
export async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = new Stage();
  try {
    return await work(stage);
  } finally {
    await stage.end();
  }
}

export function known(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}
