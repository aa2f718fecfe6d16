import { getStroke } from "perfect-freehand";
import type { InkPoint } from "../model/points.ts";

/** What decides the form of a stroke. The live stroke and the committed one use the same, so nothing jumps. */
export interface InkForm {
  readonly points: readonly InkPoint[];
  readonly measured: boolean;
  /** One width all along, whatever the pressure and the speed: a highlighter. */
  readonly even: boolean;
  readonly width: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

interface Cached {
  readonly form: InkForm;
  readonly path: Path2D;
}

type Paths = WeakMap<readonly InkPoint[], Cached>;
const outlines: Paths = new WeakMap();
const lines: Paths = new WeakMap();
const traces: Paths = new WeakMap();
/** Of so many points one is enough for a trace. */
const TRACE_STRIDE = 4;

/** The outline of a stroke in box coordinates, remembered as long as its points live. */
export function inkOutline(form: InkForm): Path2D {
  return remembered(outlines, form, outlinePath);
}

/** The bare line, for a view so far away that the width is below a pixel. */
export function inkLine(form: InkForm): Path2D {
  return remembered(lines, form, linePath);
}

/** Fewer points, for a view from which a stroke is as small as a letter. */
export function inkTrace(form: InkForm): Path2D {
  return remembered(traces, form, tracePath);
}

function remembered(paths: Paths, form: InkForm, draw: (form: InkForm) => Path2D): Path2D {
  const known = paths.get(form.points);
  if (known && sameForm(known.form, form)) return known.path;
  const path = draw(form);
  paths.set(form.points, { form, path });
  return path;
}

function linePath(form: InkForm): Path2D {
  const path = new Path2D();
  form.points.forEach((point, index) => {
    if (index === 0) path.moveTo(point.x * form.scaleX, point.y * form.scaleY);
    else path.lineTo(point.x * form.scaleX, point.y * form.scaleY);
  });
  return path;
}

function tracePath(form: InkForm): Path2D {
  const last = form.points.length - 1;
  return linePath({ ...form, points: form.points.filter((_, at) => at % TRACE_STRIDE === 0 || at === last) });
}

function outlinePath(form: InkForm): Path2D {
  const [only, second] = form.points;
  if (only && !second) return dot(only, form.width);
  const outline = getStroke(
    form.points.map((point) => [point.x * form.scaleX, point.y * form.scaleY, point.pressure]),
    {
      size: form.width,
      thinning: form.even ? 0 : form.measured ? 0.65 : 0.45,
      smoothing: 0.55,
      streamline: 0.42,
      simulatePressure: !form.measured,
      last: true,
    },
  );
  const path = new Path2D();
  const first = outline[0];
  if (!first) return path;
  path.moveTo(first[0], first[1]);
  outline.forEach((point, index) => {
    const next = outline[(index + 1) % outline.length] ?? first;
    path.quadraticCurveTo(point[0], point[1], (point[0] + next[0]) / 2, (point[1] + next[1]) / 2);
  });
  path.closePath();
  return path;
}

/** A tap. */
function dot(at: InkPoint, width: number): Path2D {
  const path = new Path2D();
  path.arc(at.x, at.y, width / 2, 0, Math.PI * 2);
  return path;
}

function sameForm(a: InkForm, b: InkForm): boolean {
  const sameInk = a.measured === b.measured && a.even === b.even && a.width === b.width;
  return sameInk && a.scaleX === b.scaleX && a.scaleY === b.scaleY;
}
