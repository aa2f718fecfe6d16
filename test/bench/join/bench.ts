import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ForeignLoad } from "../foreign-load.ts";
import type { BenchOptions } from "../main.ts";
import { type Remote, startProcess } from "../processes.ts";
import { ensurePeers } from "../provider/peers.ts";
import type { ServerCalls } from "../provider/server.ts";
import { median, type Row } from "../report.ts";
import type { JoinerCalls, JoinKind } from "./joiners.ts";
import type { SceneSetting } from "./scenes.ts";

const ways = ["one, cold", "one, warm", "all at once, cold", "all at once, warm"] as const;
type Way = (typeof ways)[number];

/** What one server took, a figure for each repeat. */
interface Figures {
  readonly tookMs: ReadonlyMap<Way, number[]>;
  readonly bytes: number[];
}

/** The goal: half of the better peer's time. */
const goal = 0.5;

/** A long session and a large board, opened from servers that just started and from such as have served them before. */
export async function benchJoin({ quick, only, trace }: BenchOptions): Promise<readonly Row[]> {
  const peers: readonly JoinKind[] = !quick && ensurePeers({ mayInstall: true }) ? ["y-websocket", "hocuspocus"] : [];
  const kinds: readonly JoinKind[] = ["ours", ...peers];
  const rows: Row[] = [];
  for (const kind of ["session", "board"] as const) {
    if (kind.includes(only)) rows.push(...(await benchScene({ kind, quick, trace }, kinds)));
  }
  return rows;
}

async function benchScene(setting: SceneSetting, kinds: readonly JoinKind[]): Promise<readonly Row[]> {
  const { quick } = setting;
  const joiners = quick ? 5 : 50;
  const folder = mkdtempSync(join(tmpdir(), "join-"));
  const crowd = startProcess<JoinerCalls>("join/joiners.ts");
  try {
    const name = await crowd.call("prepare", setting);
    const found = new Map<JoinKind, Figures>();
    const foreign: number[] = [];
    for (const kind of kinds) {
      found.set(kind, { tookMs: new Map(ways.map((way) => [way, []])), bytes: [] });
      mkdirSync(join(folder, kind));
      await withServer(join(folder, kind), kind, (_, port) => crowd.call("seed", { kind, port }));
    }
    for (let repeat = 0; repeat < (quick ? 1 : 3); repeat++) {
      for (const [kind, figures] of found) {
        foreign.push(...(await measure(join(folder, kind), { kind, joiners, crowd, figures })));
      }
    }
    return rowsOf(name, joiners, found, foreign);
  } finally {
    await crowd.end();
    rmSync(folder, { recursive: true });
  }
}

interface Measuring {
  readonly kind: JoinKind;
  readonly joiners: number;
  readonly crowd: Remote<JoinerCalls>;
  readonly figures: Figures;
}

/** Cores that others kept busy, one figure for each server. */
async function measure(path: string, { kind, joiners, crowd, figures }: Measuring): Promise<readonly number[]> {
  const keep = (way: Way, ms: number) => figures.tookMs.get(way)?.push(ms);
  return [
    await withServer(
      path,
      kind,
      async (_, port) => {
        keep("one, cold", await crowd.call("one", { kind, port }));
        keep("one, warm", await crowd.call("one", { kind, port }));
      },
      crowd,
    ),
    await withServer(
      path,
      kind,
      async (_, port) => {
        for (const way of ["all at once, cold", "all at once, warm"] as const) {
          const { tookMs, bytes } = await crowd.call("many", { kind, port, count: joiners });
          keep(way, tookMs);
          figures.bytes.push(bytes);
        }
      },
      crowd,
    ),
  ];
}

async function withServer(
  path: string,
  kind: JoinKind,
  work: (server: Remote<ServerCalls>, port: number) => Promise<void>,
  driver?: Remote<JoinerCalls>,
): Promise<number> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  try {
    const port = await server.call("start", { kind, path });
    const used = async () => (await server.call("cpuSeconds")) + ((await driver?.call("cpuSeconds")) ?? 0);
    const before = await used();
    const load = new ForeignLoad();
    await work(server, port);
    return load.cores((await used()) - before) ?? Number.NaN;
  } finally {
    await server.end();
  }
}

function rowsOf(name: string, joiners: number, found: ReadonlyMap<JoinKind, Figures>, foreign: number[]): Row[] {
  const rows = ways.map((way) => {
    const values = (kind: JoinKind) => found.get(kind)?.tookMs.get(way) ?? [];
    return compared(`${name}: ${way.replace("all", String(joiners))}`, "ms", values, [...found.keys()], foreign);
  });
  const bytes = (kind: JoinKind) => found.get(kind)?.bytes ?? [];
  return [...rows, compared(`${name}: to each joiner`, "bytes", bytes, [...found.keys()], foreign)].flat();
}

/** Ours beside the better peer, then the other peer by itself. */
function compared(
  name: string,
  unit: string,
  values: (kind: JoinKind) => readonly number[],
  kinds: readonly JoinKind[],
  foreignCores: readonly number[],
): readonly Row[] {
  const row = (kind: JoinKind): Row => ({ name, unit, foreignCores, subject: { name: kind, values: values(kind) } });
  const peers = kinds.filter((kind) => kind !== "ours");
  const [best, ...rest] = [...peers].sort((one, other) => median(values(one)) - median(values(other)));
  if (best === undefined) return [row("ours")];
  return [{ ...row("ours"), floor: { name: best, values: values(best) }, goal }, ...rest.map(row)];
}
