import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { measureBytes } from "./bytes.ts";
import { measureIdle } from "./idle.ts";
import { measureLatency } from "./latency.ts";
import { measureSaturation } from "./saturation.ts";
import { measureStorm } from "./storm.ts";

type Part = (quick: boolean) => Promise<readonly Row[]>;

const parts: ReadonlyMap<string, Part> = new Map([
  ["saturation", measureSaturation],
  ["latency raw", (quick) => measureLatency("raw", quick)],
  ["latency full", (quick) => measureLatency("full", quick)],
  ["idle", measureIdle],
  ["bytes", measureBytes],
  ["storm", measureStorm],
]);

/** Ours beside y-websocket and Hocuspocus, each in a process of its own, the load in another, repeats interleaved. */
export async function benchPeers({ quick, only }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of parts) if (name.includes(only)) rows.push(...(await measure(quick)));
  return rows;
}
