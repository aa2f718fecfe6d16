import RBush from "rbush";
import * as Y from "yjs";
import type { Cancel } from "../store.ts";
import { compareOrder } from "./order.ts";
import { type Box, parseShape, type Shape } from "./schema.ts";

interface Entry {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
  readonly shape: Shape;
}

export interface Area {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** From this share of the board on, an answer is sieved from the sorted whole. */
const SORTED_SHARE = 8;

/** Ids of shapes that came, changed or went in one transaction. */
export type ShapesListener = (changed: ReadonlySet<string>) => void;

/**
 * The parsed shapes of a document, kept by events: a change costs what changed, not the size of the board.
 * Shapes that do not parse are counted and left in the document.
 */
export class ShapesCache {
  private readonly entries = new Map<string, Entry>();
  private readonly tree = new RBush<Entry>();
  private readonly unreadable = new Set<string>();
  private readonly listeners = new Set<ShapesListener>();
  /** All shapes in order, until one changes. */
  private sorted: readonly Shape[] | null = null;
  private readonly shapes: Y.Map<unknown>;

  constructor(shapes: Y.Map<unknown>) {
    this.shapes = shapes;
    this.read(shapes.keys());
    shapes.observeDeep(this.onChange);
  }

  dispose(): void {
    this.shapes.unobserveDeep(this.onChange);
    this.listeners.clear();
  }

  subscribe(listener: ShapesListener): Cancel {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  get(id: string): Shape | undefined {
    return this.entries.get(id)?.shape;
  }

  get size(): number {
    return this.entries.size;
  }

  /** How many stored shapes are not drawn because they do not parse. */
  get skipped(): number {
    return this.unreadable.size;
  }

  /** All shapes, bottom first. */
  ordered(): readonly Shape[] {
    this.sorted ??= [...this.entries.values()].map((entry) => entry.shape).sort(compareOrder);
    return this.sorted;
  }

  /** Shapes whose box, grown by `margin`, touches the area, bottom first. */
  within(area: Area, margin = 0): readonly Shape[] {
    const found = this.tree.search({
      minX: area.minX - margin,
      minY: area.minY - margin,
      maxX: area.maxX + margin,
      maxY: area.maxY + margin,
    });
    if (found.length < this.entries.size / SORTED_SHARE) return found.map((entry) => entry.shape).sort(compareOrder);
    // Much of the board is asked for: what is sorted already is cheaper to sieve than to sort again.
    const wanted = new Set(found.map((entry) => entry.shape));
    return this.ordered().filter((shape) => wanted.has(shape));
  }

  /** Lowest and highest order key in use, or null on an empty board. */
  edges(): { readonly bottom: string; readonly top: string } | null {
    let edges: { bottom: string; top: string } | null = null;
    for (const { shape } of this.entries.values()) {
      if (!edges) edges = { bottom: shape.z, top: shape.z };
      else if (shape.z < edges.bottom) edges.bottom = shape.z;
      else if (shape.z > edges.top) edges.top = shape.z;
    }
    return edges;
  }

  private readonly onChange = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    const changed = new Set<string>();
    for (const event of events) {
      if (event instanceof Y.YMapEvent && event.target === this.shapes) {
        for (const id of event.keysChanged) changed.add(String(id));
      } else {
        changed.add(String(event.path[0]));
      }
    }
    this.read(changed);
    for (const listener of [...this.listeners]) listener(changed);
  };

  private read(ids: Iterable<string>): void {
    const fresh: Entry[] = [];
    for (const id of ids) {
      this.forget(id);
      if (!this.shapes.has(id)) continue;
      const shape = parseShape(id, this.shapes.get(id));
      if (!shape) {
        this.unreadable.add(id);
        continue;
      }
      const entry = { ...areaOf(shape.box), shape };
      this.entries.set(id, entry);
      fresh.push(entry);
    }
    this.tree.load(fresh);
    this.sorted = null;
  }

  private forget(id: string): void {
    this.unreadable.delete(id);
    const before = this.entries.get(id);
    if (!before) return;
    this.tree.remove(before);
    this.entries.delete(id);
  }
}

function areaOf([x, y, width, height]: Box): Area {
  return { minX: x, minY: y, maxX: x + width, maxY: y + height };
}
