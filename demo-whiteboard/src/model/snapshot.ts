import * as Y from "yjs";
import { limits } from "../limits.ts";
import { SHAPES } from "./board.ts";
import { compareOrder } from "./order.ts";
import { parseShape, type Shape } from "./schema.ts";

/** The shapes that a Yjs update holds, bottom first. What does not parse is left out. */
export function shapesOfUpdate(update: Uint8Array): readonly Shape[] {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  const shapes = [...doc.getMap<unknown>(SHAPES)]
    .map(([id, value]) => parseShape(id, value))
    .filter((shape) => shape !== null)
    .sort(compareOrder)
    .slice(0, limits.importShapesMax);
  doc.destroy();
  return shapes;
}
