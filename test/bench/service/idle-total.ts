import { totalmem } from "node:os";
import type { Row } from "../report.ts";
import type { ServerKind } from "./server.ts";
import type { Dialect } from "./speech.ts";
import { known, onStage } from "./stage.ts";

/** What is shown is that nothing grows faster than the number: more than this takes minutes and shows no more. */
const usualTotal = 100_000;
const quickTotal = 120;
/** Both ends of one connection with what the kernel keeps for them: some 30 KB, here with room for the processes. */
const bytesEach = 100 * 1024;
/** Below the connections that one hub takes, and below the ports that one address of this machine has. */
const eachMax = 14_000;
/** Descriptors that a process needs for itself. */
const ownDescriptors = 200;
const membersOfGroup = 5;

/**
 * Resident memory of several processes that hold `total` idle connections between them.
 * Default: as many as half of the machine's memory can hold, at most 100,000.
 */
export async function measureIdleTotal(quick: boolean, wanted: number | undefined): Promise<readonly Row[]> {
  const fitting = Math.min(usualTotal, Math.floor(totalmem() / 2 / bytesEach));
  const total = wanted ?? (quick ? quickTotal : fitting);
  const each = quick ? quickTotal / 2 : Math.min(eachMax, descriptors() - ownDescriptors);
  const processes = Math.ceil(total / each);
  const service = await occupy("service", "json", total, processes);
  const plain = await occupy("plain", "relay", total, processes);
  return [
    {
      name: `idle, ${service.connections} connections over ${processes} processes`,
      unit: "MB resident",
      subject: { name: "service", values: [service.megabytes] },
      floor: { name: "plain ws", values: [plain.megabytes] },
      goal: 1.1,
      foreignCores: known([service.foreignCores, plain.foreignCores]),
    },
  ];
}

interface Occupancy {
  readonly connections: number;
  readonly megabytes: number;
  readonly foreignCores: number | undefined;
}

/** A server and a driver for each share of the connections. */
function occupy(kind: ServerKind, dialect: Dialect, total: number, processes: number): Promise<Occupancy> {
  return onStage(async (stage) => {
    const groups = Math.ceil(total / processes / membersOfGroup);
    const shares = await Promise.all(
      Array.from({ length: processes }, async () => ({ server: await stage.server(kind), driver: stage.driver() })),
    );
    let foreignCores: number | undefined;
    // One after the other: connections that are opened by all at once wait for the processors until they time out.
    for (const { server, driver } of shares) {
      const { port, accessKey } = server;
      const plan = {
        crowd: "idle",
        port,
        accessKey,
        dialect,
        groups,
        members: membersOfGroup,
        atOnce: 50,
        headStart: 0,
      };
      ({ foreignCores } = await stage.measure(server, () => driver.call("open", plan)));
    }
    const usages = await Promise.all(shares.map(({ server }) => server.settledUsage()));
    const bytes = usages.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    return { connections: groups * membersOfGroup * processes, megabytes: bytes / 2 ** 20, foreignCores };
  });
}

/** How many descriptors a process may have open. */
function descriptors(): number {
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = Number(report.userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : Number.POSITIVE_INFINITY;
}
