import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { measureLarge } from "./large.ts";
import { measureOpened } from "./opened.ts";
import { measureSaved } from "./saved.ts";

type Part = (quick: boolean) => Promise<readonly Row[]>;

const parts: ReadonlyMap<string, Part> = new Map([
  ["saved", measureSaved],
  ["opened", measureOpened],
  ["large", measureLarge],
]);

/** Every part in turn, each with processes and stores of its own. */
export async function benchServer({ quick, only }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of parts) if (name.includes(only)) rows.push(...(await measure(quick)));
  return rows;
}
