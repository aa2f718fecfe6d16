import { ForeignLoad } from "../foreign-load.ts";
import { type Remote, startProcess } from "../processes.ts";
import type { DriverCalls } from "./driver.ts";
import type { FloorCalls } from "./floor.ts";
import type { ServerCalls, StoreSetting } from "./server.ts";

/** A server over a store, and the writers in a process beside it. */
export class Stage {
  readonly server: Remote<ServerCalls>;
  readonly driver: Remote<DriverCalls>;
  readonly port: number;

  private constructor(server: Remote<ServerCalls>, driver: Remote<DriverCalls>, port: number) {
    this.server = server;
    this.driver = driver;
    this.port = port;
  }

  static async open(store: StoreSetting): Promise<Stage> {
    const server = startProcess<ServerCalls>("server/server.ts");
    const driver = startProcess<DriverCalls>("server/driver.ts");
    return new Stage(server, driver, await server.call("start", store));
  }

  /** Of both, and of this process, which reads along. */
  async cpuSeconds(): Promise<number> {
    const [server, driver] = await Promise.all([this.server.call("cpuSeconds"), this.driver.call("cpuSeconds")]);
    const { user, system } = process.cpuUsage();
    return server + driver + (user + system) / 1e6;
  }

  async close(): Promise<void> {
    await Promise.all([this.server.end(), this.driver.end()]);
  }
}

export interface Observed<T> {
  readonly value: T;
  readonly foreignCores: number;
}

/** What others kept busy while the work was done. */
export async function observed<T>(ownSeconds: () => Promise<number>, work: () => Promise<T>): Promise<Observed<T>> {
  const before = await ownSeconds();
  const load = new ForeignLoad();
  const value = await work();
  const foreignCores = load.cores((await ownSeconds()) - before) ?? Number.NaN;
  return { value, foreignCores };
}

/** `databaseSeconds`: of a database that works for the floor. */
export async function onFloor<T>(
  databaseSeconds: () => Promise<number>,
  work: (floor: Remote<FloorCalls>) => Promise<T>,
): Promise<Observed<T>> {
  const floor = startProcess<FloorCalls>("server/floor.ts");
  try {
    return await observed(
      async () => (await floor.call("cpuSeconds")) + (await databaseSeconds()),
      () => work(floor),
    );
  } finally {
    await floor.end();
  }
}
