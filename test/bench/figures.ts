import { figureText, isDisturbed, median, type Row } from "./report.ts";

/** One figure of every contender that has it. */
export interface Figure {
  readonly label: string;
  readonly unit: string;
  /** Others kept the machine busy meanwhile. */
  readonly isDisturbed: boolean;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** As it is printed, the spread in brackets. */
  readonly text: string;
}

/** Rows of one name and unit, and what they are held against, become one figure. */
export function figuresOf(rows: readonly Row[]): readonly Figure[] {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.name} ${row.unit}`;
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    // Everybody's own rows first: their order is the order of the columns.
    const all = [
      ...same.map(({ subject }) => subject),
      ...same.flatMap(({ floor }) => (floor === undefined ? [] : [floor])),
    ];
    const series = new Map<string, readonly number[]>();
    for (const { name, values } of all) if (!series.has(name)) series.set(name, values);
    return [
      {
        label: first.name,
        unit: first.unit,
        isDisturbed: same.some(isDisturbed),
        bars: [...series].map(([name, values]): Bar => {
          const [low, high] = [Math.min(...values), Math.max(...values)];
          return { name, value: median(values), low, high, text: textOf(values) };
        }),
      },
    ];
  });
}

function textOf(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = high > low ? ` (${figureText(low)} to ${figureText(high)})` : "";
  return `${figureText(median(values))}${spread}`;
}
