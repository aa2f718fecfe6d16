/** The load: crowds of connections in a process of their own. */
import { createHmac } from "node:crypto";
import { answerCalls } from "../processes.ts";
import { type Address, Client } from "./client.ts";
import { burst, Group } from "./group.ts";
import { connectFrame, type Dialect, isRelay, messageFrame } from "./speech.ts";
import { stall } from "./stalling.ts";

export interface CrowdPlan {
  readonly crowd: string;
  readonly port: number;
  readonly dialect: Dialect;
  readonly accessKey: string;
  readonly groups: number;
  readonly members: number;
  /** Connections being opened at the same time. */
  readonly atOnce: number;
  /** Messages that member n gets alone beforehand, times n, so that sequence numbers differ between members. */
  readonly headStart: number;
}

export interface BurstPlan {
  readonly crowd: string;
  /** Messages of one group in flight. */
  readonly window: number;
  readonly payloadBytes: number;
  readonly ms: number;
}

const crowds = new Map<string, readonly Group[]>();

const calls = {
  open: (plan: CrowdPlan) => open(plan),
  burst: (plan: BurstPlan) => burst(crowd(plan.crowd), plan),
  stall: (plan: Parameters<typeof stall>[1] & { readonly crowd: string }) => stall(crowd(plan.crowd)[0], plan),
  close: async (name: string): Promise<void> => {
    await Promise.all(crowd(name).flatMap(({ members }) => members.map((client) => client.close())));
    crowds.delete(name);
  },
  cpuMicros: (): number => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

export type DriverCalls = typeof calls;

answerCalls(calls);

async function open(plan: CrowdPlan): Promise<void> {
  const groups = Array.from({ length: plan.groups }, (_, at) => new Group(`${plan.crowd}-${at}`, plan.dialect));
  const places = groups.flatMap((group) => Array.from({ length: plan.members }, (_, at) => ({ group, at })));
  let next = 0;
  const opener = async () => {
    for (let place = places[next++]; place !== undefined; place = places[next++]) {
      place.group.add(await openMember(plan, place.group.name, place.at));
    }
  };
  await Promise.all(Array.from({ length: plan.atOnce }, opener));
  crowds.set(plan.crowd, groups);
}

/** A member whose first frame, and whatever it was sent alone, has arrived. */
async function openMember(plan: CrowdPlan, group: string, at: number): Promise<Client> {
  const alone = `${group}-${at}`;
  const client = await Client.open(address(plan, group, alone));
  if (isRelay(plan.dialect)) return client;
  if (plan.dialect === "mqtt") client.write(connectFrame(alone.replaceAll(/[^0-9A-Za-z]/g, "x")));
  const early = plan.headStart * at;
  await client.expect(1);
  for (let sent = 0; sent < early; sent++) client.write(messageFrame(plan.dialect, alone, 16));
  await client.expect(1 + early);
  return client;
}

function address(plan: CrowdPlan, group: string, alone: string): Address {
  const { port, dialect } = plan;
  if (isRelay(dialect)) return { port, path: `/${group}` };
  if (dialect === "anonymous") return { port, path: "/client/hubs/open", subprotocol: "json.webpubsub.azure.v1" };
  const groups = plan.headStart === 0 ? [group] : [group, alone];
  const hub = dialect === "mqtt" ? "/clients/mqtt/hubs/bench" : "/client/hubs/bench";
  const token = accessToken(plan.accessKey, `http://127.0.0.1:${port}${hub}`, groups);
  const subprotocol = dialect === "mqtt" ? "mqtt" : `${dialect}.webpubsub.azure.v1`;
  return { port, path: `${hub}?access_token=${token}`, subprotocol };
}

function accessToken(key: string, audience: string, groups: readonly string[]): string {
  const claims = {
    aud: audience,
    exp: Math.floor(Date.now() / 1000) + 3_600,
    role: ["webpubsub.sendToGroup"],
    "webpubsub.group": groups,
  };
  const text = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

function crowd(name: string): readonly Group[] {
  const groups = crowds.get(name);
  if (groups === undefined) throw new Error(`There is no crowd '${name}'.`);
  return groups;
}
