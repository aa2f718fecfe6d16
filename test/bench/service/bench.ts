import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { measureFanOut } from "./fan-out.ts";
import { measureIdle } from "./idle.ts";
import { measureSlowReader } from "./slow-reader.ts";
import { measureStorm } from "./storm.ts";

type Part = (quick: boolean) => Promise<readonly Row[]>;

const parts: ReadonlyMap<string, Part> = new Map([
  ["fan-out", measureFanOut],
  ["idle", measureIdle],
  ["storm", measureStorm],
  ["slow-reader", measureSlowReader],
]);

/** Every part in turn, each with processes of its own: memory of one does not show in the next. */
export async function benchService({ quick, only }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of parts) {
    if (name.includes(only)) rows.push(...(await measure(quick)));
  }
  return rows;
}
