import type { Row } from "../report.ts";
import type { ServerKind } from "./server.ts";
import type { Dialect } from "./speech.ts";
import { known, onStage } from "./stage.ts";

/** Well below the descriptors of one process (20,000 where this was written) on either side. */
const fullConnections = 9_000;
const quickConnections = 60;
const drivers = 2;

/** Resident memory that one idle connection adds to a process, and what the whole process then holds. */
export async function measureIdle(quick: boolean): Promise<readonly Row[]> {
  const connections = quick ? quickConnections : fullConnections;
  const repeats = quick ? 1 : 2;
  const service: Occupancy[] = [];
  const plain: Occupancy[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    service.push(await occupy("service", "json", connections));
    plain.push(await occupy("plain", "relay", connections));
  }
  const foreignCores = known([...service, ...plain].map(({ foreignCores }) => foreignCores));
  const series = (name: string, found: readonly Occupancy[], read: (occupancy: Occupancy) => number) => ({
    name,
    values: found.map(read),
  });
  return [
    {
      name: `idle, process with ${connections} connections`,
      unit: "MB resident",
      subject: series("service", service, ({ totalMegabytes }) => totalMegabytes),
      floor: series("plain ws", plain, ({ totalMegabytes }) => totalMegabytes),
      goal: 1.1,
      foreignCores,
    },
    {
      name: "idle, one connection more",
      unit: "KB resident",
      subject: series("service", service, ({ kilobytesEach }) => kilobytesEach),
      floor: series("plain ws", plain, ({ kilobytesEach }) => kilobytesEach),
      goal: 1.1,
      foreignCores,
    },
  ];
}

interface Occupancy {
  readonly totalMegabytes: number;
  readonly kilobytesEach: number;
  readonly foreignCores: number | undefined;
}

function occupy(kind: ServerKind, dialect: Dialect, connections: number): Promise<Occupancy> {
  return onStage(async (stage) => {
    const server = await stage.server(kind);
    const crowds = Array.from({ length: drivers }, () => stage.driver());
    // Members of groups of five, as the authors of a document: a connection without a group is rare.
    const members = 5;
    const open = (groups: number) =>
      Promise.all(
        crowds.map((driver) =>
          driver.call("open", { crowd: `${groups}`, ...server, dialect, groups, members, atOnce: 20, headStart: 0 }),
        ),
      );
    // What the first connections bring into memory (code, pools) is not the price of a connection.
    await open(2);
    const before = await server.settledUsage();
    const { foreignCores } = await stage.measure(server, () => open(connections / drivers / members));
    const { residentBytes } = await server.settledUsage();
    return {
      totalMegabytes: residentBytes / 2 ** 20,
      kilobytesEach: (residentBytes - before.residentBytes) / 1024 / connections,
      foreignCores,
    };
  });
}
