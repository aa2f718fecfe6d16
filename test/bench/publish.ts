import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Figure, figuresOf } from "./figures.ts";
import { plot } from "./plot.ts";
import type { Report } from "./report.ts";

const page = resolve(import.meta.dirname, "../../docs/benchmarks.md");
const pictures = resolve(import.meta.dirname, "../../docs/images");

/** What of a bench is drawn: the figures whose label and unit hold the text, in a picture of this title. */
export interface Picture {
  readonly title: string;
  readonly of: string;
}

/** Puts the table, the pictures, and what they were measured on between the marks of this bench in docs/benchmarks.md. */
export function publish({ bench, at, machine, versions, rows }: Report, shown: readonly Picture[]): void {
  const figures = figuresOf(rows);
  const images = shown.flatMap(({ title, of }, index) => {
    const drawn = figures.filter(({ label, unit }) => `${label}, ${unit}`.includes(of));
    if (drawn.length === 0) return [];
    const name = `bench-${bench}-${index + 1}.svg`;
    writeFileSync(resolve(pictures, name), plot(title, drawn));
    return [`![${title}](images/${name})`];
  });
  const measured = `Measured on ${at.slice(0, 10)} by \`npm run bench -- ${bench}\`: ${machine}; ${versions}.`;
  writeFileSync(
    page,
    between(readFileSync(page, "utf8"), bench, [measured, "", table(figures), "", ...images].join("\n")),
  );
}

/** Throws when the page has no place for it. */
function between(text: string, bench: string, content: string): string {
  const marks = [`<!-- figures of ${bench} -->`, `<!-- end of ${bench} -->`] as const;
  const [from, to] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
  if (from < 0 || to < from)
    throw new Error(`docs/benchmarks.md has no line '${marks[0]}', or not '${marks[1]}' after it.`);
  return `${text.slice(0, from + marks[0].length)}\n\n${content.trimEnd()}\n\n${text.slice(to)}`;
}

/** A column for each contender. */
export function table(figures: readonly Figure[]): string {
  const names = [...new Set(figures.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const head = ["what", ...names];
  const lines = figures.map(({ label, unit, isDisturbed, bars }) => [
    `${label}, ${unit}${isDisturbed ? " ~" : ""}`,
    ...names.map((name) => bars.find((bar) => bar.name === name)?.text ?? ""),
  ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
