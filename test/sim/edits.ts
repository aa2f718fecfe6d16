import * as Y from "yjs";
import type { SeededRandom } from "./random.ts";

/** The kinds of edits a user makes, so that every kind of struct and deletion meets every fault. */
type EditKind =
  | "type"
  | "erase"
  | "set"
  | "overwrite"
  | "unset"
  | "push"
  | "remove"
  | "nest"
  | "format"
  | "undo"
  | "paste";

const weights: readonly (readonly [EditKind, number])[] = [
  ["type", 30],
  ["erase", 14],
  ["set", 8],
  ["overwrite", 12],
  ["unset", 5],
  ["push", 8],
  ["remove", 6],
  ["nest", 6],
  ["format", 3],
  ["undo", 5],
  ["paste", 0.4],
];
const total = weights.reduce((sum, [, weight]) => sum + weight, 0);

/** One user's hand on one document. Every inserted text is unique to this writer. */
export class Writer {
  readonly #doc: Y.Doc;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #undo: Y.UndoManager;
  #written = 0;

  constructor(doc: Y.Doc, random: SeededRandom, name: string) {
    this.#doc = doc;
    this.#random = random;
    this.#name = name;
    const roots = [doc.getText("text"), doc.getMap("map"), doc.getArray("list")];
    // No capture time: grouping by wall clock would make worlds differ.
    this.#undo = new Y.UndoManager(roots, { captureTimeout: 0, trackedOrigins: new Set([this]) });
  }

  edit(): EditKind {
    const kind = this.#draw();
    if (kind === "undo") this.#undo.undo();
    else this.#doc.transact(() => this.#perform(kind), this);
    return kind;
  }

  #draw(): EditKind {
    let left = this.#random.next() * total;
    for (const [kind, weight] of weights) {
      left -= weight;
      if (left < 0) return kind;
    }
    return "type";
  }

  #perform(kind: Exclude<EditKind, "undo">): void {
    const random = this.#random;
    const text = this.#doc.getText("text");
    const map = this.#doc.getMap("map");
    const list = this.#doc.getArray("list");
    switch (kind) {
      case "type":
        text.insert(random.int(0, text.length), this.#mark());
        break;
      case "erase": {
        const from = random.int(0, Math.max(0, text.length - 1));
        text.delete(from, Math.min(text.length - from, random.int(1, 12)));
        break;
      }
      case "set":
        map.set(`key${random.int(0, 40)}`, this.#mark());
        break;
      case "overwrite":
        map.set(`hot${random.int(0, 2)}`, { by: this.#mark(), at: [random.int(0, 9), null, true] });
        break;
      case "unset":
        map.delete(random.pick([...map.keys(), "hot0"]));
        break;
      case "push":
        list.insert(random.int(0, list.length), [this.#mark(), random.int(0, 99)]);
        break;
      case "remove":
        if (list.length > 0) list.delete(random.int(0, list.length - 1));
        break;
      case "nest":
        this.#nest(map);
        break;
      case "format":
        if (text.length > 2) text.format(random.int(0, text.length - 2), 2, { bold: random.chance(0.5) ? true : null });
        break;
      case "paste":
        this.#paste(text, list);
        break;
    }
  }

  #nest(map: Y.Map<unknown>): void {
    const key = `nested${this.#random.int(0, 2)}`;
    const inner = map.get(key);
    if (inner instanceof Y.Text && this.#random.chance(0.8)) inner.insert(0, this.#mark());
    else map.set(key, new Y.Text(this.#mark()));
  }

  /** Over the bounds of a live frame: many structs, or many bytes. */
  #paste(text: Y.Text, list: Y.Array<unknown>): void {
    if (this.#random.chance(0.5)) text.insert(text.length, `${this.#mark()}${"paste ".repeat(6_000)}`);
    else for (let i = 0; i < 520; i++) list.insert(this.#random.int(0, list.length), [i]);
  }

  #mark(): string {
    return `${this.#name}:${this.#written++} `;
  }
}
