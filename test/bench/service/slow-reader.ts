import type { Row } from "../report.ts";
import { known, onStage } from "./stage.ts";
import type { StallPlan } from "./stalling.ts";

const fullPlan: StallPlan = { payloadBytes: 16_000, everyMs: 4, beforeMs: 2_000, duringMs: 7_000 };
const quickPlan: StallPlan = { payloadBytes: 16_000, everyMs: 4, beforeMs: 100, duringMs: 200 };
const members = 10;

/** One of ten members stops reading: what the other nine notice, what the server keeps, whether it ends the connection. */
export async function measureSlowReader(quick: boolean): Promise<readonly Row[]> {
  const plan = quick ? quickPlan : fullPlan;
  const runs: StallRun[] = [];
  for (let repeat = 0; repeat < (quick ? 1 : 2); repeat++) runs.push(await stallOnce(plan));
  const foreignCores = known(runs.map((run) => run.foreignCores));
  const series = (name: string, read: (run: StallRun) => number) => ({ name, values: runs.map(read) });
  return [
    {
      name: "slow reader, the others' p99",
      unit: "ms",
      subject: series("during", ({ duringP99Ms }) => duringP99Ms),
      floor: series("before", ({ beforeP99Ms }) => beforeP99Ms),
      foreignCores,
    },
    {
      name: "slow reader, memory of the server",
      unit: "MB more",
      subject: series("after", ({ grownMegabytes }) => grownMegabytes),
      foreignCores,
    },
    {
      name: "slow reader, cut as SlowClient",
      unit: "connections",
      subject: series("cut", ({ cut }) => cut),
      foreignCores,
    },
  ];
}

interface StallRun {
  readonly beforeP99Ms: number;
  readonly duringP99Ms: number;
  readonly grownMegabytes: number;
  readonly cut: number;
  readonly foreignCores: number | undefined;
}

function stallOnce(plan: StallPlan): Promise<StallRun> {
  return onStage(async (stage) => {
    const server = await stage.server("service");
    const driver = stage.driver();
    const crowd = "stall";
    const { port, accessKey } = server;
    await driver.call("open", {
      crowd,
      port,
      accessKey,
      dialect: "json",
      groups: 1,
      members,
      atOnce: members,
      headStart: 0,
    });
    await driver.call("burst", { crowd, window: 8, payloadBytes: plan.payloadBytes, ms: 200 });
    const before = await server.usage();
    const { value, foreignCores } = await stage.measure(server, () => driver.call("stall", { ...plan, crowd }));
    const after = await server.usage();
    return {
      ...value,
      grownMegabytes: (after.residentBytes - before.residentBytes) / 2 ** 20,
      cut: after.ended.filter((reason) => reason === "SlowClient").length,
      foreignCores,
    };
  });
}
