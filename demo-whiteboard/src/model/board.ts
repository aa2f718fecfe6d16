import * as Y from "yjs";
import { limits } from "../limits.ts";
import { History } from "./history.ts";
import { isOrderKey, keysAbove, keysBelow } from "./order.ts";
import { type InkPoint, pack, snap } from "./points.ts";
import {
  type Box,
  type BoxShape,
  type InkShape,
  isCoordinate,
  parseBox,
  SCHEMA,
  type Shape,
  type Style,
  type TextShape,
} from "./schema.ts";
import { ShapesCache } from "./shapes-cache.ts";
import { TextEdit } from "./text-edit.ts";

/** What a tool hands in: a complete shape, except for the keys that the board gives. `points` are relative to the box. */
export type NewShape =
  | (Pick<InkShape, "type" | "color" | "size" | "box" | "measured"> & { readonly points: readonly InkPoint[] })
  | Pick<BoxShape, "type" | "color" | "size" | "fill" | "box">
  | Pick<TextShape, "type" | "color" | "size" | "text" | "box">;

export type StyleChange = { readonly [Key in keyof Style]?: Style[Key] };
export type Edge = "front" | "back";

const META = "meta";
const SHAPES = "shapes";

/**
 * The only writer of the document. One call is one transaction, one update, one undo step.
 *
 * It never writes in answer to a remote change, never writes a value that is there already, and puts a shape into the
 * document only when it is complete.
 */
export class Board {
  readonly shapes: ShapesCache;
  readonly history: History;
  private readonly doc: Y.Doc;
  private readonly map: Y.Map<unknown>;
  private readonly meta: Y.Map<unknown>;
  private readonly local = { name: "local" };
  /** Origin of changes that belong to no step: what was typed settles its own box. */
  private readonly settle = { name: "settle" };
  private readonly mayWrite: () => boolean;

  /** `mayWrite` is asked before each write: a reader's board shows everything and changes nothing. */
  constructor(doc: Y.Doc, mayWrite: () => boolean = () => true) {
    this.doc = doc;
    this.map = doc.getMap<unknown>(SHAPES);
    this.meta = doc.getMap<unknown>(META);
    this.mayWrite = mayWrite;
    this.shapes = new ShapesCache(this.map);
    this.history = new History(doc, this.map, this.local);
  }

  dispose(): void {
    this.history.dispose();
    this.shapes.dispose();
  }

  /** False for readers, and when a newer client has written a layout that this one does not know. */
  get writable(): boolean {
    const schema = this.meta.get("schema");
    return this.mayWrite() && !(typeof schema === "number" && schema > SCHEMA);
  }

  /** Adds a shape on top of all others. `id` is free: the draft that others already see carries it. */
  add(id: string, shape: NewShape, by: string): void {
    this.write(() => {
      if (this.map.has(id)) return;
      const [z = ""] = keysAbove(this.usableEdge("top"), 1);
      this.map.set(id, buildShape(shape, z, by));
      if (!this.meta.has("schema")) this.meta.set("schema", SCHEMA);
    });
  }

  /** Moves and stretches shapes as the box `from` becomes the box `to`. */
  transform(ids: Iterable<string>, from: Box, to: Box): void {
    this.write(() => {
      for (const id of ids) {
        const shape = this.shapes.get(id);
        if (shape) this.setKey(id, "box", snapBox(transformed(shape, from, to)));
      }
    });
  }

  restyle(ids: Iterable<string>, change: StyleChange): void {
    this.write(() => {
      for (const id of ids) {
        const shape = this.shapes.get(id);
        if (!shape || shape.type === "foreign") continue;
        if (change.color) this.setKey(id, "color", change.color);
        if (change.size) this.setKey(id, "size", change.size);
        if (change.fill && "fill" in shape) this.setKey(id, "fill", change.fill);
      }
    });
  }

  remove(ids: Iterable<string>): void {
    this.write(() => {
      for (const id of ids) {
        if (!this.map.has(id)) continue;
        this.history.remember(id);
        this.map.delete(id);
      }
    });
  }

  /** Puts shapes above or below all others, keeping their order among themselves. */
  reorder(ids: Iterable<string>, edge: Edge): void {
    this.write(() => {
      const chosen = new Set(ids);
      const moved = this.shapes.ordered().filter((shape) => chosen.has(shape.id));
      const keys =
        edge === "front"
          ? keysAbove(this.usableEdge("top"), moved.length)
          : keysBelow(this.usableEdge("bottom"), moved.length);
      moved.forEach((shape, index) => {
        const key = keys[index];
        if (key !== undefined) this.setKey(shape.id, "z", key);
      });
    });
  }

  /** Copies shapes, shifted and on top; `newId` names each copy. Answers the new ids. */
  duplicate(ids: Iterable<string>, newId: () => string, shift: number, by: string): readonly string[] {
    const copies: string[] = [];
    this.write(() => {
      const chosen = new Set(ids);
      const originals = this.shapes.ordered().filter((shape) => chosen.has(shape.id) && shape.type !== "foreign");
      const keys = keysAbove(this.usableEdge("top"), originals.length);
      originals.forEach((shape, index) => {
        const key = keys[index];
        if (shape.type === "foreign" || key === undefined) return;
        const id = newId();
        const [x, y, width, height] = shape.box;
        const copy: NewShape = { ...shape, box: snapBox([x + shift, y + shift, width, height]) };
        this.map.set(id, buildShape(copy, key, by));
        copies.push(id);
      });
    });
    return copies;
  }

  /** Begins typing into a text, or null if there is none to type into. The caller ends it with `endText`. */
  beginText(id: string): TextEdit | null {
    const shape = this.map.get(id);
    if (!this.writable || !(shape instanceof Y.Map)) return null;
    const text = shape.get("text");
    return text instanceof Y.Text ? new TextEdit(id, text) : null;
  }

  /** Ends typing: the box takes the size that the text has now; a text without words removes itself. */
  endText(edit: TextEdit, size: { readonly width: number; readonly height: number }, isNew: boolean): void {
    edit.dispose();
    const shape = this.shapes.get(edit.id);
    if (!shape || !this.writable) return;
    if (edit.value.trim() === "") {
      this.endEmptyText(edit.id, isNew);
      return;
    }
    const [x, y] = shape.box;
    this.doc.transact(() => this.setKey(edit.id, "box", snapBox([x, y, size.width, size.height])), this.settle);
  }

  private endEmptyText(id: string, isNew: boolean): void {
    if (!isNew) {
      this.remove([id]);
      return;
    }
    // Nobody saw more than an empty text: neither its making nor its end is a step to go back to.
    this.doc.transact(() => this.map.delete(id), this.settle);
    this.history.dropNewest();
  }

  private write(change: () => void): void {
    if (this.writable) this.doc.transact(change, this.local);
  }

  private setKey(id: string, key: string, value: unknown): void {
    const shape = this.map.get(id);
    if (!(shape instanceof Y.Map) || same(shape.get(key), value)) return;
    if (key === "box" && !parseBox(value)) return;
    shape.set(key, value);
  }

  private usableEdge(edge: "top" | "bottom"): string | null {
    const key = this.shapes.edges()?.[edge];
    return isOrderKey(key) ? key : null;
  }
}

/** How `box` moves and stretches when the box around it goes from `from` to `to`. */
function mapBox([x, y, width, height]: Box, from: Box, to: Box): Box {
  const scaleX = from[2] > 0 ? to[2] / from[2] : 1;
  const scaleY = from[3] > 0 ? to[3] / from[3] : 1;
  return [to[0] + (x - from[0]) * scaleX, to[1] + (y - from[1]) * scaleY, width * scaleX, height * scaleY];
}

/** Where a shape's box goes in such a move. A text keeps its size: its font says how large it is. */
export function transformed(shape: Shape, from: Box, to: Box): Box {
  const box = mapBox(shape.box, from, to);
  return shape.type === "text" ? [box[0], box[1], shape.box[2], shape.box[3]] : box;
}

/** Points in the world as a box and points relative to it. */
export function boxPoints(points: readonly InkPoint[]): { readonly box: Box; readonly points: readonly InkPoint[] } {
  let minX = Number.POSITIVE_INFINITY;
  let minY = Number.POSITIVE_INFINITY;
  let maxX = Number.NEGATIVE_INFINITY;
  let maxY = Number.NEGATIVE_INFINITY;
  for (const { x, y } of points) {
    minX = Math.min(minX, x);
    minY = Math.min(minY, y);
    maxX = Math.max(maxX, x);
    maxY = Math.max(maxY, y);
  }
  if (points.length === 0) return { box: [0, 0, 0, 0], points };
  const relative = points.map(({ x, y, pressure }) => ({ x: snap(x - minX), y: snap(y - minY), pressure }));
  return { box: snapBox([minX, minY, maxX - minX, maxY - minY]), points: relative };
}

function buildShape(shape: NewShape, z: string, by: string): Y.Map<unknown> {
  const map = new Y.Map<unknown>();
  map.set("type", shape.type);
  map.set("box", snapBox(shape.box));
  map.set("z", z);
  map.set("color", shape.color);
  map.set("size", shape.size);
  map.set("by", by.slice(0, limits.nameMax));
  if ("fill" in shape) map.set("fill", shape.fill);
  if ("points" in shape) map.set("points", pack({ points: shape.points, measured: shape.measured }));
  if ("text" in shape) map.set("text", new Y.Text(shape.text));
  return map;
}

function snapBox(box: Box): Box {
  const inside = (value: number): number => {
    const bounded = Math.min(limits.coordinateMax, Math.max(-limits.coordinateMax, value));
    return isCoordinate(bounded) ? snap(bounded) : 0;
  };
  return [inside(box[0]), inside(box[1]), Math.max(0, inside(box[2])), Math.max(0, inside(box[3]))];
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => Object.is(value, b[index]));
  }
  return Object.is(a, b);
}
