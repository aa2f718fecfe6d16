import { ForeignLoad } from "../foreign-load.ts";
import { type Remote, startProcess } from "../processes.ts";
import { type Gathering, gather, type Level, type RoomKind } from "../provider/crowd.ts";
import { ensurePeers } from "../provider/peers.ts";
import type { ServerCalls } from "../provider/server.ts";
import { median, type Row } from "../report.ts";
import { labelOf } from "./places.ts";

const sizes = [2, 10, 50, 100];
/** At the frame level the goal is the better peer's time; whole providers are shown beside it. */
const goal = 1.1;
const keyEveryMs = 100;
const settleMs = 5_000;

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** From a keystroke until the others have it: ours beside y-websocket and Hocuspocus, repeats interleaved. */
export async function measureLatency(level: Level, quick: boolean): Promise<readonly Row[]> {
  const kinds: readonly RoomKind[] = ensurePeers({ mayInstall: !quick })
    ? ["ours", "y-websocket", "hocuspocus", "relay"]
    : ["ours", "relay"];
  const rows: Row[] = [];
  for (const size of quick ? [2] : sizes) rows.push(...(await measureSize(kinds, level, size, quick)));
  return rows;
}

async function measureSize(
  kinds: readonly RoomKind[],
  level: Level,
  size: number,
  quick: boolean,
): Promise<readonly Row[]> {
  const repeats = quick ? 1 : 3;
  const found = new Map<RoomKind, Figures[]>(kinds.map((kind) => [kind, []]));
  const foreign: number[] = [];
  const servers = new Map<RoomKind, { readonly remote: Remote<ServerCalls>; readonly port: number }>();
  const elsewhere = startProcess<ServerCalls>("provider/server.ts");
  for (const kind of kinds) {
    const remote = startProcess<ServerCalls>("provider/server.ts");
    servers.set(kind, { remote, port: await remote.call("start", { kind }) });
  }
  try {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [kind, { port }] of servers) {
        const load = new ForeignLoad();
        const cpu = process.cpuUsage();
        const company = (room: string) =>
          elsewhere.call("join", { url: `http://127.0.0.1:${port}/collab`, document: room });
        found.get(kind)?.push(await measureOnce({ kind, port, size, level, company }, quick));
        const { user, system } = process.cpuUsage(cpu);
        foreign.push(load.cores((user + system) / 1e6) ?? Number.NaN);
      }
    }
  } finally {
    for (const { remote } of servers.values()) await remote.end();
    await elsewhere.end();
  }
  return (["p50", "p99"] as const).flatMap((figure) => {
    const values = (kind: RoomKind) => (found.get(kind) ?? []).map((one) => one[figure]);
    const name = `latency ${level}, room of ${size}: ${figure}`;
    const peers = kinds.filter((kind) => kind === "y-websocket" || kind === "hocuspocus");
    const best = [...peers].sort((left, right) => median(values(left)) - median(values(right)))[0] ?? "relay";
    const rest = kinds.filter((kind) => kind !== "ours" && kind !== best);
    const compared: Row = {
      ...{ name, unit: "ms", foreignCores: foreign },
      subject: { name: labelOf("ours"), values: values("ours") },
      floor: { name: labelOf(best), values: values(best) },
      ...(level === "raw" && peers.length > 0 && { goal }),
    };
    const beside = rest.map(
      (kind): Row => ({
        name,
        unit: "ms",
        foreignCores: foreign,
        subject: { name: labelOf(kind), values: values(kind) },
      }),
    );
    return [compared, ...beside];
  });
}

async function measureOnce(gathering: Gathering, quick: boolean): Promise<Figures> {
  const crowd = await gather(gathering);
  await pause(quick ? 500 : settleMs);
  const delays: number[] = [];
  for (let key = 0; key < (quick ? 10 : 60); key++) {
    const due = performance.now() + keyEveryMs;
    delays.push(...(await crowd.key()));
    await pause(due - performance.now());
  }
  crowd.close();
  delays.sort((left, right) => left - right);
  const at = (part: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
