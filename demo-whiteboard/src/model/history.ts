import * as Y from "yjs";
import { limits } from "../limits.ts";
import type { Cancel } from "../store.ts";

/** Plain keys of a shape; `text` as a string. What a deleted shape is completed from. */
export type Remembered = ReadonlyMap<string, unknown>;

/**
 * Undo and redo of this tab's own gestures: one transaction of origin `local` is one step.
 *
 * The origin is a private object, not the user: two tabs of one user have two histories.
 *
 * Yjs does not bring a key back that someone else was writing at that moment: an undone delete returns a shape without
 * its box, and so may an undone move. So each removal remembers what it took, and after an undo or redo the *missing*
 * keys (only those) are written again.
 */
export class History {
  private readonly manager: Y.UndoManager;
  private readonly deleted = new Map<string, Remembered>();
  private readonly doc: Y.Doc;
  private readonly shapes: Y.Map<unknown>;
  private readonly listeners = new Set<() => void>();

  constructor(doc: Y.Doc, shapes: Y.Map<unknown>, local: object) {
    this.doc = doc;
    this.shapes = shapes;
    this.manager = new Y.UndoManager(shapes, { trackedOrigins: new Set([local]), captureTimeout: 0 });
    this.manager.on("stack-item-added", () => {
      while (this.manager.undoStack.length > limits.undoStepsMax) this.manager.undoStack.shift();
      this.tell();
    });
    this.manager.on("stack-item-popped", () => this.tell());
    this.manager.on("stack-cleared", () => this.tell());
  }

  dispose(): void {
    this.manager.destroy();
    this.listeners.clear();
    this.deleted.clear();
  }

  subscribe(listener: () => void): Cancel {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  get canUndo(): boolean {
    return this.manager.undoStack.length > 0;
  }

  get canRedo(): boolean {
    return this.manager.redoStack.length > 0;
  }

  /** Takes back the newest step. False: nothing changed, because others have changed the same things since. */
  undo(): boolean {
    return this.replay(this.manager.undoStack, () => this.manager.undo());
  }

  /** Brings back the step that was taken back last. False as for `undo`. */
  redo(): boolean {
    return this.replay(this.manager.redoStack, () => this.manager.redo());
  }

  /** Called before a shape is removed, while it can still be read. */
  remember(id: string): void {
    const shape = this.shapes.get(id);
    if (!(shape instanceof Y.Map)) return;
    this.deleted.delete(id);
    this.deleted.set(id, readShape(shape));
    for (const oldest of this.deleted.keys()) {
      if (this.deleted.size <= limits.deletedRememberedMax) break;
      this.deleted.delete(oldest);
    }
  }

  /** Forgets the newest step: for a gesture that came to nothing (a text nobody typed into). */
  dropNewest(): void {
    this.manager.undoStack.pop();
    this.tell();
  }

  private replay(stack: unknown[], step: () => unknown): boolean {
    const before = new Map<string, Remembered>();
    for (const [id, shape] of this.shapes) if (shape instanceof Y.Map) before.set(id, readShape(shape));
    // Yjs skips steps that change nothing and takes the one before: one press would remove a shape that others work on.
    const older = stack.splice(0, Math.max(0, stack.length - 1));
    const done = step() !== null;
    stack.unshift(...older);
    for (const [id, keys] of before) if (!this.shapes.has(id)) this.deleted.set(id, keys);
    this.repair(before);
    this.tell();
    return done;
  }

  private repair(before: ReadonlyMap<string, Remembered>): void {
    // The origin is not tracked: the repair belongs to the step that was replayed and is no step of its own.
    this.doc.transact(() => {
      for (const [id, keys] of this.deleted) if (!before.has(id)) this.complete(id, keys, false);
      for (const [id, keys] of before) this.complete(id, keys, true);
    }, REPAIR);
  }

  private complete(id: string, keys: Remembered, survived: boolean): void {
    const shape = this.shapes.get(id);
    if (!(shape instanceof Y.Map)) return;
    for (const [key, value] of keys) {
      if (!shape.has(key) && !(survived && OPTIONAL_KEYS.has(key)))
        shape.set(key, key === "text" ? new Y.Text(String(value)) : value);
    }
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** A shape may lack these: the undo of the first dashed line or pulled text takes the key away, and it must stay away. */
const OPTIONAL_KEYS: ReadonlySet<string> = new Set(["dash", "opacity", "scale", "highlight"]);

const REPAIR = { name: "repair" };

function readShape(shape: Y.Map<unknown>): Remembered {
  const keys = new Map<string, unknown>();
  for (const [key, value] of shape) keys.set(key, value instanceof Y.AbstractType ? String(value) : value);
  return keys;
}
