import * as Y from "yjs";

/** About this many shapes are in view at 100 %. */
const shapesInView = 40;
const view = { width: 1280, height: 800 } as const;
const pointsOfStroke = 60;
const colors = ["black", "grey", "blue", "green", "yellow", "orange", "red", "violet"] as const;

/** The same board for the same count: 40 % strokes of 60 points, 30 % rectangles, 15 % ellipses, 15 % texts. */
export function fillBoard(doc: Y.Doc, count: number): void {
  const random = seeded(count);
  const side = Math.sqrt(count / shapesInView);
  const shapes = doc.getMap<unknown>("shapes");
  doc.transact(() => {
    doc.getMap("meta").set("schema", 1);
    for (let at = 0; at < count; at += 1) {
      const x = round(random() * side * view.width);
      const y = round(random() * side * view.height);
      shapes.set(`bench-${at}`, shape(random, at, x, y));
    }
  });
}

function shape(random: () => number, at: number, x: number, y: number): Y.Map<unknown> {
  const color = colors[Math.floor(random() * colors.length)];
  const common = { z: orderKey(at), color, size: "m", by: "Bench" };
  const dice = random();
  if (dice < 0.4) {
    const { points, width, height } = stroke(random);
    return mapOf({ ...common, type: "pen", box: [x, y, width, height], points });
  }
  const box = [x, y, round(60 + random() * 160), round(40 + random() * 120)];
  if (dice < 0.7) return mapOf({ ...common, type: "rect", fill: "soft", box });
  if (dice < 0.85) return mapOf({ ...common, type: "ellipse", fill: "none", box });
  return mapOf({ ...common, type: "text", text: new Y.Text("How an edit travels"), box: [x, y, 250, 37] });
}

function mapOf(keys: Readonly<Record<string, unknown>>): Y.Map<unknown> {
  return new Y.Map<unknown>(Object.entries(keys));
}

/** A hand-like curve, packed as the board packs strokes: a format byte, then zigzag steps of 0.1 px. */
function stroke(random: () => number): { points: Uint8Array; width: number; height: number } {
  const [reach, wave, pace] = [80 + random() * 160, 10 + random() * 40, 2 + random() * 6];
  const way = Array.from({ length: pointsOfStroke }, (_, step) => {
    const t = step / (pointsOfStroke - 1);
    return [round(reach * t), round(wave * (1 + Math.sin(t * pace)) + random())] as const;
  });
  return {
    points: packed(way),
    width: Math.max(...way.map(([x]) => x)),
    height: Math.max(...way.map(([, y]) => y)),
  };
}

/** Points as the board stores and sends them: steps of 0.1 px as zigzag varints behind a format byte. */
export function packed(way: readonly (readonly [x: number, y: number])[]): Uint8Array {
  const bytes = [0];
  let [lastX, lastY] = [0, 0];
  for (const [x, y] of way) {
    for (const step of [Math.round(x * 10) - lastX, Math.round(y * 10) - lastY]) {
      let rest = step < 0 ? -step * 2 - 1 : step * 2;
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
      bytes.push(rest);
    }
    [lastX, lastY] = [Math.round(x * 10), Math.round(y * 10)];
  }
  return Uint8Array.from(bytes);
}

/** Keys that rise with `at`: the integer part of a fractional index has two digits after `b`, three after `c`. */
function orderKey(at: number): string {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  let text = "";
  for (let rest = at, place = 0; place < 3; place += 1, rest = Math.floor(rest / 62))
    text = (digits[rest % 62] ?? "0") + text;
  return `c${text}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
