import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

/** One figure of a bench: repeats of the subject and, when there is one, of the floor it is held against. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly subject: Series;
  readonly floor?: Series;
  /** The ratio of subject to floor that is aimed at, at most. */
  readonly goal?: number;
  /** The most that is aimed at for the subject itself, in the row's unit: for figures whose floor cannot be undercut. */
  readonly limit?: number;
  /** Cores that others kept busy, one figure a repeat. */
  readonly foreignCores: readonly number[];
}

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

/** From this many foreign cores on (in the median repeat) a row is marked as disturbed. */
const disturbedCores = 0.2;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of the ratios of each repeat: what slows the machine for a while slows both alike. */
export function ratio({ subject, floor }: Row): number | undefined {
  if (floor === undefined) return undefined;
  return median(subject.values.map((value, at) => value / (floor.values[at] ?? Number.NaN)));
}

export function isDisturbed(row: Row): boolean {
  return row.foreignCores.length > 0 && median(row.foreignCores) > disturbedCores;
}

export function machine(): string {
  const [cpu] = cpus();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpu?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${gigabytes} GB, ${process.platform} ${release()}`;
}

export function versions(): string {
  return `Node ${process.versions.node}, ws ${wsVersion()}`;
}

export function printTable(rows: readonly Row[]): void {
  const cells = [["row", "unit", "subject", "floor", "ratio", "goal", "others"], ...rows.map(rowCells)];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => (line[column] ?? "").length)));
  for (const line of cells) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
  console.log("\nMedian (lowest to highest). others: foreign load in cores; ~ marks a row that it disturbed.");
}

/** What a run found, and where. */
export interface Report {
  readonly bench: string;
  readonly at: string;
  readonly machine: string;
  readonly versions: string;
  readonly rows: readonly Row[];
}

export function reportOf(bench: string, rows: readonly Row[]): Report {
  return { bench, at: new Date().toISOString(), machine: machine(), versions: versions(), rows };
}

/** With what follows from the repeats: medians, ratios, and whether others disturbed them. */
export function writeReport(file: string, report: Report): void {
  const rows = report.rows.map((row) => ({
    ...row,
    median: median(row.subject.values),
    floorMedian: row.floor === undefined ? undefined : median(row.floor.values),
    ratio: ratio(row),
    disturbed: isDisturbed(row),
  }));
  writeFileSync(file, `${JSON.stringify({ ...report, rows }, undefined, 2)}\n`);
}

/** Of parts that were measured one by one; time and machine are the first one's. */
export function readReports(files: readonly string[]): Report {
  const [first, ...rest] = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
  if (first === undefined) throw new Error("There is no file to read.");
  return { ...first, rows: [first, ...rest].flatMap(({ rows }) => rows) };
}

function rowCells(row: Row): readonly string[] {
  const reached = ratio(row);
  const others = row.foreignCores.length === 0 ? "?" : median(row.foreignCores).toFixed(2);
  return [
    row.name,
    row.unit,
    seriesText(row.subject),
    row.floor === undefined ? "" : seriesText(row.floor),
    reached === undefined ? "" : reached.toFixed(2),
    goalText(row, reached),
    `${others}${isDisturbed(row) ? " ~" : ""}`,
  ];
}

function goalText({ goal, limit, unit, subject }: Row, reached: number | undefined): string {
  if (limit !== undefined) return `<= ${limit} ${unit}${median(subject.values) > limit ? " missed" : ""}`;
  if (goal === undefined) return "";
  return `<= ${goal}${reached !== undefined && reached > goal ? " missed" : ""}`;
}

function seriesText({ name, values }: Series): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = values.length > 1 ? ` (${figureText(low)} to ${figureText(high)})` : "";
  return `${name} ${figureText(median(values))}${spread}`;
}

/** With as many places as say something. */
export function figureText(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function wsVersion(): string {
  const found = JSON.parse(readFileSync(new URL(import.meta.resolve("ws/package.json")), "utf8")) as {
    version: string;
  };
  return found.version;
}
