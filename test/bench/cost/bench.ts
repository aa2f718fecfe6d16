import type { BenchOptions } from "../main.ts";
import { startProcess } from "../processes.ts";
import { ensurePeers } from "../provider/peers.ts";
import type { Row } from "../report.ts";
import type { DesignName } from "./design.ts";
import type { Cost, RoomCalls, RoomCost } from "./room.ts";

const hourMs = 3_600_000;
/** A multiple of what the designs repeat by themselves: 5 and 15 s. */
const windowMs = 30_000;
const goals: ReadonlyMap<DesignName, number> = new Map([
  ["responsive", 0.33],
  ["economy", 0.25],
]);
const existing: readonly DesignName[] = ["y-azure-webpubsub", "Weave store"];

/** What an hour of one person's typing, and one who comes, cost the service: ours, the existing packages, and the naive design. */
export async function benchCost({ quick, only }: BenchOptions): Promise<readonly Row[]> {
  const peers = ensurePeers({ mayInstall: !quick, weave: true }) ? existing : [];
  const designs: readonly DesignName[] = ["responsive", "economy", ...peers, "naive"];
  const rows: Row[] = [];
  for (const size of quick ? [2] : [2, 10, 50, 100]) {
    if (!`room of ${size}:`.includes(only)) continue;
    const found = new Map<DesignName, RoomCost>();
    for (const design of designs) {
      const cost = await measureRoom(design, size, quick);
      found.set(design, cost);
      console.log(
        `${design}, room of ${size}: ${cost.join === null ? "not everybody had the document in time" : "done"}`,
      );
    }
    rows.push(...rowsOf(size, found, quick ? 2_000 : windowMs));
  }
  return rows;
}

async function measureRoom(design: DesignName, size: number, quick: boolean): Promise<RoomCost> {
  const room = startProcess<RoomCalls>("cost/room.ts");
  try {
    const times = quick ? { settleMs: 1_000, windowMs: 2_000, windows: 1 } : { settleMs: 6_000, windowMs, windows: 2 };
    return await room.call("measure", { design, size, documentBytes: 51_000, ...times });
  } finally {
    await room.end();
  }
}

function rowsOf(size: number, found: ReadonlyMap<DesignName, RoomCost>, ms: number): readonly Row[] {
  const hourly = (costs: readonly Cost[], figure: keyof Cost) => costs.map((cost) => (cost[figure] * hourMs) / ms);
  const joined = (figure: keyof Cost) => (room: RoomCost) => (room.join === null ? [] : [room.join[figure]]);
  const of = `room of ${size}`;
  return [
    compared(`${of}, typing: deliveries`, "per hour", found, ({ typing }) => hourly(typing, "deliveries"), true),
    compared(`${of}, typing: bytes`, "per hour", found, ({ typing }) => hourly(typing, "bytes")),
    compared(`${of}, typing: units, each rounded up`, "per hour", found, ({ typing }) => hourly(typing, "unitsEach")),
    compared(`${of}, typing: units, all bytes`, "per hour", found, ({ typing }) => hourly(typing, "unitsSummed")),
    compared(`${of}, nobody types: deliveries`, "per hour", found, ({ idle }) => hourly([idle], "deliveries")),
    compared(`${of}, one comes: deliveries`, "count", found, joined("deliveries")),
    compared(`${of}, one comes: bytes`, "count", found, joined("bytes")),
    compared(`${of}, one comes: units, each rounded up`, "count", found, joined("unitsEach")),
    compared(`${of}, one comes: units, all bytes`, "count", found, joined("unitsSummed")),
  ].flat();
}

/** Each design against the better of the existing packages; the goals are for deliveries. */
function compared(
  name: string,
  unit: string,
  found: ReadonlyMap<DesignName, RoomCost>,
  read: (cost: RoomCost) => readonly number[],
  hasGoal = false,
): readonly Row[] {
  const values = new Map(
    [...found].map(([design, cost]) => [design, read(cost)] as const).filter(([, { length }]) => length > 0),
  );
  const first = (design: DesignName) => values.get(design)?.[0] ?? Number.POSITIVE_INFINITY;
  const [best] = existing.filter((design) => values.has(design)).sort((one, other) => first(one) - first(other));
  return [...values].map(([design, series]): Row => {
    const floor =
      best === undefined || existing.includes(design) ? undefined : { name: best, values: values.get(best) };
    const goal = hasGoal ? goals.get(design) : undefined;
    return {
      ...{ name, unit, foreignCores: [], subject: { name: design, values: series } },
      ...(floor?.values !== undefined && { floor: { name: floor.name, values: floor.values } }),
      ...(floor !== undefined && goal !== undefined && { goal }),
    };
  });
}
