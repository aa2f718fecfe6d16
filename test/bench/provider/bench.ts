import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { measureBundle } from "./bundle.ts";
import { measureKeystroke } from "./keystroke.ts";
import { measureKeystrokeInPage } from "./keystroke-page.ts";

type Part = (quick: boolean) => Promise<readonly Row[]>;

const parts: ReadonlyMap<string, Part> = new Map([
  ["keystroke", measureKeystroke],
  ["page", measureKeystrokeInPage],
  ["bundle", measureBundle],
]);

export async function benchProvider({ quick, only }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of parts) if (name.includes(only)) rows.push(...(await measure(quick)));
  return rows;
}
