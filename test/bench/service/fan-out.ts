import type { Remote } from "../processes.ts";
import type { Row } from "../report.ts";
import type { DriverCalls } from "./driver.ts";
import { type Dialect, isReliable } from "./speech.ts";
import { known, type Measured, onStage, type Server, type Stage } from "./stage.ts";

interface Contender {
  readonly name: string;
  readonly crowd: string;
  readonly server: Server;
}

interface Plan {
  readonly members: number;
  readonly groups: number;
  readonly ms: number;
  readonly repeats: number;
}

const payloadBytes = 64;
const quickPlan: Plan = { members: 5, groups: 2, ms: 50, repeats: 1 };
const fullPlan: Plan = { members: 100, groups: 10, ms: 600, repeats: 5 };
/** How far apart the sequence numbers of two neighbours are. */
const headStart = 3;

/** Processor time of the server for each message it delivers, plain, reliable and by the relays. */
export function measureFanOut(quick: boolean): Promise<readonly Row[]> {
  const plan = quick ? quickPlan : fullPlan;
  return onStage(async (stage) => [
    ...(await measureWindow(stage, plan, { ...spoken.json, window: 64, ...busy })),
    ...(await measureWindow(stage, plan, { ...spoken.json, window: 16, ...busy })),
    ...(await measureWindow(stage, plan, { ...spoken.json, window: 1, ...lone })),
    ...(await measureWindow(stage, plan, { ...spoken.protobuf, window: 64, ...busy })),
    ...(await measureWindow(stage, plan, { ...spoken.protobuf, window: 1, ...lone })),
    await measureMqtt(stage, plan, 64),
    await measureMqtt(stage, plan, 1),
  ]);
}

const busy = { floor: "batched", floorGoal: 1.5 } as const;
const lone = { floor: "shared-frame", floorGoal: 1.15 } as const;

/** The same payload in either wire format. */
const spoken = {
  json: { prefix: "", plainly: "json", reliably: "json.reliable", relayed: "relay" },
  protobuf: { prefix: "protobuf ", plainly: "protobuf", reliably: "protobuf.reliable", relayed: "relay.protobuf" },
} as const;

interface Window {
  readonly prefix: string;
  readonly plainly: Dialect;
  readonly reliably: Dialect;
  readonly relayed: Dialect;
  readonly window: number;
  readonly floor: "batched" | "shared-frame";
  readonly floorGoal: number;
}

async function measureWindow(stage: Stage, plan: Plan, sought: Window): Promise<readonly Row[]> {
  const { prefix, plainly, reliably, relayed, window, floor, floorGoal } = sought;
  const driver = stage.driver();
  const service = await stage.server("service");
  const relay = await stage.server(floor);
  // With several messages in flight one group is enough: every connection has a batch. With one, ten keep it busy.
  const groups = window === 1 ? plan.groups : 1;
  const enter = (name: string, server: Server, dialect: Dialect) =>
    enterCrowd(driver, { name, server, dialect, groups, members: plan.members });
  const plain = await enter("plain", service, plainly);
  const reliable = await enter("reliable", service, reliably);
  const bottom = await enter(floor, relay, relayed);
  const costs = { plain: [] as number[], reliable: [] as number[], floor: [] as number[] };
  const foreign: (number | undefined)[] = [];
  const cost = async (contender: Contender) => {
    const burst = () => driver.call("burst", { crowd: contender.crowd, window, payloadBytes, ms: plan.ms });
    const measured: Measured<{ deliveries: number }> = await stage.measure(contender.server, burst);
    foreign.push(measured.foreignCores);
    return measured.cpuMicros / measured.value.deliveries;
  };
  // Not counted: the first bursts run before the code is compiled.
  for (const contender of [plain, reliable, bottom]) await cost(contender);
  foreign.length = 0;
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    costs.plain.push(await cost(plain));
    costs.floor.push(await cost(bottom));
    costs.reliable.push(await cost(reliable));
  }
  const unit = "µs CPU/delivery";
  const foreignCores = known(foreign);
  const name = `${prefix}fan-out, ${window} in flight`;
  const subject = { name: "plain", values: costs.plain };
  return [
    { name, unit, subject, floor: { name: floor, values: costs.floor }, goal: floorGoal, foreignCores },
    {
      name: `${prefix}reliable, ${window} in flight`,
      unit,
      subject: { name: "reliable", values: costs.reliable },
      floor: subject,
      goal: 1.3,
      foreignCores,
    },
  ];
}

/** The same payload to MQTT 5.0 members (QoS 0) as to JSON members, of one service. */
async function measureMqtt(stage: Stage, plan: Plan, window: number): Promise<Row> {
  const driver = stage.driver();
  const server = await stage.server("service");
  const groups = window === 1 ? plan.groups : 1;
  const { members } = plan;
  const mqtt = await enterCrowd(driver, { name: "mqtt", server, dialect: "mqtt", groups, members });
  const json = await enterCrowd(driver, { name: "json", server, dialect: "json", groups, members });
  const costs = { mqtt: [] as number[], json: [] as number[] };
  const foreign: (number | undefined)[] = [];
  const cost = async ({ crowd }: Contender) => {
    const measured = await stage.measure(server, () =>
      driver.call("burst", { crowd, window, payloadBytes, ms: plan.ms }),
    );
    foreign.push(measured.foreignCores);
    return measured.cpuMicros / measured.value.deliveries;
  };
  for (const contender of [mqtt, json]) await cost(contender);
  foreign.length = 0;
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    costs.mqtt.push(await cost(mqtt));
    costs.json.push(await cost(json));
  }
  return {
    name: `MQTT fan-out, ${window} in flight`,
    unit: "µs CPU/delivery",
    subject: { name: "mqtt", values: costs.mqtt },
    floor: { name: "json", values: costs.json },
    goal: 1.5,
    foreignCores: known(foreign),
  };
}

interface Entrance {
  readonly name: string;
  readonly server: Server;
  readonly dialect: Dialect;
  readonly groups: number;
  readonly members: number;
}

async function enterCrowd(driver: Remote<DriverCalls>, entrance: Entrance): Promise<Contender> {
  const { name, server, dialect, groups, members } = entrance;
  const { port, accessKey } = server;
  await driver.call("open", {
    crowd: name,
    port,
    accessKey,
    dialect,
    groups,
    members,
    atOnce: 20,
    headStart: isReliable(dialect) ? headStart : 0,
  });
  return { name, crowd: name, server };
}
