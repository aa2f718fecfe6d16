import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { measureFanOut } from "./fan-out.ts";
import { measureIdle } from "./idle.ts";
import { measureIdleTotal } from "./idle-total.ts";
import { measureSlowReader } from "./slow-reader.ts";
import { measureStorm } from "./storm.ts";

type Part = (quick: boolean, idleTotal: number | undefined) => Promise<readonly Row[]>;

const parts: ReadonlyMap<string, Part> = new Map([
  ["fan-out", measureFanOut],
  ["idle", measureIdle],
  ["idle-total", measureIdleTotal],
  ["storm", measureStorm],
  ["slow-reader", measureSlowReader],
]);

/** Every part in turn, each with processes of its own: memory of one does not show in the next. */
export async function benchService({ quick, only, idleTotal }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of parts) {
    if (name.includes(only)) rows.push(...(await measure(quick, idleTotal)));
  }
  return rows;
}
