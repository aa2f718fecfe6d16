import type { Figure } from "./figures.ts";
import { figureText } from "./report.ts";

/** Bars of one figure for each contender, each figure on a scale of its own that begins at 0. */
export function plot(title: string, figures: readonly Figure[]): string {
  const names = [...new Set(figures.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  let y = top;
  const parts = figures.map((figure) => {
    const drawn = drawFigure(figure, names, y);
    y += headHeight + figure.bars.length * barHeight + gap;
    return drawn;
  });
  const height = y;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${quoted(title)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.spread { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .spread { stroke: #e6edf3 } }
</style>
<text class="title" x="8" y="20">${quoted(title)}</text>
${parts.join("\n")}
</svg>
`;
}

const width = 760;
const top = 34;
const headHeight = 20;
const barHeight = 18;
const gap = 12;
const barsFrom = 190;
const barsTo = 620;
/** Told apart on white and on black, and by people who see few colours: the first ones are the farthest apart. */
const colours = ["#1c7ed6", "#e8590c", "#2f9e44", "#9c36b5", "#868e96", "#c2a000", "#e64980"];

function drawFigure({ label, unit, bars }: Figure, names: readonly string[], y: number): string {
  const largest = Math.max(...bars.map(({ high }) => high));
  const scale = (value: number) => barsFrom + ((barsTo - barsFrom) * value) / (largest || 1);
  const lines = bars.map(({ name, value, low, high }, at) => {
    const barY = y + headHeight + at * barHeight;
    const middle = barY + barHeight / 2 - 1;
    const colour = colours[names.indexOf(name) % colours.length];
    const spread =
      high > low
        ? `<path class="spread" d="M${round(scale(low))} ${middle}H${round(scale(high))}" opacity="0.6"/>`
        : "";
    return (
      `<text x="${barsFrom - 8}" y="${middle + 4}" text-anchor="end">${quoted(name)}</text>` +
      `<rect x="${barsFrom}" y="${barY + 1}" width="${round(Math.max(1, scale(value) - barsFrom))}" height="${barHeight - 4}" fill="${colour}"/>` +
      `${spread}<text x="${round(scale(high)) + 6}" y="${middle + 4}">${figureText(value)}</text>`
    );
  });
  return [`<text x="8" y="${y + 14}">${quoted(`${label} (${unit})`)}</text>`, ...lines].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function quoted(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
