import * as Y from "yjs";
import type { Cancel } from "../store.ts";

const PAUSE_MS = 500;

/**
 * One person's work in one text, from focus to blur. Typing merges with what others type. It has an undo of its own,
 * in steps of half a second, which ends with it.
 */
export class TextEdit {
  readonly id: string;
  private readonly text: Y.Text;
  private readonly origin = { name: "typing" };
  private readonly manager: Y.UndoManager;

  constructor(id: string, text: Y.Text) {
    this.id = id;
    this.text = text;
    this.manager = new Y.UndoManager(text, { trackedOrigins: new Set([this.origin]), captureTimeout: PAUSE_MS });
  }

  get value(): string {
    return this.text.toString();
  }

  /** Makes the text equal to `next` by the one change that lies between the common start and the common end. */
  set(next: string): void {
    const before = this.value;
    if (before === next) return;
    const { at, removed, inserted } = difference(before, next);
    this.text.doc?.transact(() => {
      if (removed > 0) this.text.delete(at, removed);
      if (inserted !== "") this.text.insert(at, inserted);
    }, this.origin);
  }

  undo(): void {
    this.manager.undo();
  }

  redo(): void {
    this.manager.redo();
  }

  /** Tells of changes that were not typed here: by others, or by `undo` and `redo`. */
  onForeignChange(listener: (value: string) => void): Cancel {
    const observer = (_event: Y.YTextEvent, transaction: Y.Transaction): void => {
      if (transaction.origin !== this.origin) listener(this.value);
    };
    this.text.observe(observer);
    return () => this.text.unobserve(observer);
  }

  dispose(): void {
    this.manager.destroy();
  }
}

/** The single replacement that turns `before` into `next`; never cuts a surrogate pair, which Yjs would replace by U+FFFD. */
export function difference(
  before: string,
  next: string,
): { readonly at: number; readonly removed: number; readonly inserted: string } {
  const shortest = Math.min(before.length, next.length);
  let start = 0;
  while (start < shortest && before[start] === next[start]) start += 1;
  if (isHighSurrogate(before, start - 1)) start -= 1;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === next[next.length - 1 - end]) end += 1;
  if (end > 0 && isHighSurrogate(before, before.length - end - 1)) end -= 1;
  return { at: start, removed: before.length - end - start, inserted: next.slice(start, next.length - end) };
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}
