import * as Y from "yjs";
import { limits } from "../limits.ts";
import { buildShape, type NewShape, snapBox } from "./build.ts";
import { History } from "./history.ts";
import { moved, type Turned } from "./moved.ts";
import { isOrderKey, keysAbove, keysBelow, ORDER_DEFAULT } from "./order.ts";
import { pack } from "./points.ts";
import {
  type Box,
  type NoteShape,
  parseBox,
  parseScale,
  SCHEMA,
  type Shape,
  type Style,
  type TextShape,
} from "./schema.ts";
import { ShapesCache } from "./shapes-cache.ts";
import { restacked } from "./stacking.ts";
import { TextEdit } from "./text-edit.ts";

export type StyleChange = { readonly [Key in keyof Style]?: Style[Key] };
export interface Author {
  readonly userId: string;
  readonly name: string;
}

export type Edge = "front" | "back";
export type Step = "forward" | "backward";

/** The size that the words of a shape need. */
export type Fit = (shape: TextShape | NoteShape) => { readonly width: number; readonly height: number } | null;

/** How far copies lie from what they were copied from, in world units. */
export interface Shift {
  readonly x: number;
  readonly y: number;
}

const META = "meta";
/** Names of those who drew, by the user id that the server's history knows. Display only. */
const PEOPLE = "people";
export const SHAPES = "shapes";

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
  private readonly people: Y.Map<unknown>;
  private readonly mayWrite: () => boolean;
  private readonly fit: Fit;
  private author: Author | null = null;

  /**
   * `mayWrite` is asked before each write: a reader's board shows everything and changes nothing. `fit` tells how large
   * words are, so that their box goes with their size; null: the box stays.
   */
  constructor(doc: Y.Doc, mayWrite: () => boolean = () => true, fit: Fit = () => null) {
    this.fit = fit;
    this.doc = doc;
    this.map = doc.getMap<unknown>(SHAPES);
    this.meta = doc.getMap<unknown>(META);
    this.people = doc.getMap<unknown>(PEOPLE);
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

  /** Who draws here: the name is kept with the first change, so that the history can say whose it was. */
  setAuthor(author: Author): void {
    this.author = author;
  }

  /** What somebody of the history is called; null if nobody of this id has drawn. */
  nameOf(userId: string): string | null {
    const name = this.people.get(userId);
    return typeof name === "string" && name !== "" ? name.slice(0, limits.nameMax) : null;
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

  /** Moves, stretches and turns shapes as the box `from` becomes the box `to`. */
  transform(ids: Iterable<string>, from: Box, to: Turned): void {
    this.write(() => {
      for (const id of ids) {
        const shape = this.shapes.get(id);
        if (!shape) continue;
        const next = moved(shape, from, to);
        this.setKey(id, "box", snapBox(next.type === "note" ? this.fitted(next) : next.box));
        if ("points" in next && "points" in shape && next.points !== shape.points) {
          this.setKey(id, "points", pack({ points: next.points, measured: next.type === "pen" && next.measured }));
        }
        if (next.type === "text" && shape.type === "text" && next.scale !== shape.scale) {
          this.setKey(id, "scale", parseScale(Math.round(next.scale * 100) / 100));
        }
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
        if (change.size && "text" in shape) {
          this.setKey(id, "box", snapBox(this.fitted({ ...shape, size: change.size })));
        }
        if (change.fill && "fill" in shape) this.setKey(id, "fill", change.fill);
        // Usual values are not stored, so what is read decides whether something changes.
        if (change.dash && "dash" in shape && change.dash !== shape.dash) this.setKey(id, "dash", change.dash);
        if (change.opacity && change.opacity !== shape.opacity) this.setKey(id, "opacity", change.opacity);
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

  /** Brings shapes over the next one that touches them, or below it; `touching` are the shapes that count. */
  restack(ids: Iterable<string>, step: Step, touching: ReadonlySet<string>): void {
    const keys = restacked(this.shapes.ordered(), { chosen: new Set(ids), touching, step });
    this.write(() => {
      for (const [id, z] of keys) this.setKey(id, "z", z);
    });
  }

  /** Copies shapes, shifted and on top; `newId` names each copy. Answers the new ids. */
  duplicate(ids: Iterable<string>, newId: () => string, shift: Shift, by: string): readonly string[] {
    const chosen = new Set(ids);
    return this.insert(
      this.shapes.ordered().filter((shape) => chosen.has(shape.id)),
      newId,
      shift,
      by,
    );
  }

  /** Puts shapes of elsewhere on top, bottom first, in one step. Those of a newer client are left out. Answers the new ids. */
  insert(shapes: readonly Shape[], newId: () => string, shift: Shift, by: string): readonly string[] {
    const added: string[] = [];
    this.write(() => {
      const known = shapes.filter((shape) => shape.type !== "foreign");
      const keys = keysAbove(this.usableEdge("top"), known.length);
      known.forEach((shape, index) => {
        const id = newId();
        const [x, y, width, height] = shape.box;
        const copy: NewShape = { ...shape, box: [x + shift.x, y + shift.y, width, height] };
        this.map.set(id, buildShape(copy, keys[index] ?? ORDER_DEFAULT, by));
        added.push(id);
      });
      if (added.length > 0 && !this.meta.has("schema")) this.meta.set("schema", SCHEMA);
    });
    return added;
  }

  /** Begins typing into a text, or null if there is none to type into. The caller ends it with `endText`. */
  beginText(id: string): TextEdit | null {
    const shape = this.map.get(id);
    if (!this.writable || !(shape instanceof Y.Map)) return null;
    const text = shape.get("text");
    return text instanceof Y.Text ? new TextEdit(id, text) : null;
  }

  /** Ends typing: the box takes the size that the words need now. A text without words removes itself, a note stays. */
  endText(edit: TextEdit, size: { readonly width: number; readonly height: number }, isNew: boolean): void {
    edit.dispose();
    const shape = this.shapes.get(edit.id);
    if (!shape || !this.writable) return;
    if (edit.value.trim() === "" && shape.type === "text") {
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

  private fitted(shape: TextShape | NoteShape): Box {
    const [x, y, width, height] = shape.box;
    const size = this.fit(shape) ?? { width, height };
    return [x, y, size.width, size.height];
  }

  private write(change: () => void): void {
    if (!this.writable) return;
    this.doc.transact(() => {
      change();
      this.sign();
    }, this.local);
  }

  private sign(): void {
    const { author } = this;
    if (author && this.people.get(author.userId) !== author.name) this.people.set(author.userId, author.name);
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

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => Object.is(value, b[index]));
  }
  return Object.is(a, b);
}
