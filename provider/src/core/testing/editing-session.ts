import * as Y from "yjs";
import type { SeededRandom } from "./seeded-random.ts";

const words = [
  "a",
  "word ",
  "Ünïcödé",
  "日本語",
  "😀",
  "👩‍👩‍👧‍👦",
  "\u0000",
  "\ufeff",
  "line\n",
  "x".repeat(200),
] as const;
const keys = ["a", "b", "c", "constructor", "😀", ""] as const;

interface Replica {
  readonly doc: Y.Doc;
  readonly undo: Y.UndoManager;
}

/**
 * Test support: a few replicas edited at random through every shared type of Yjs, with undo, sub-documents, tombstones
 * and late delivery. `updates` is what their documents emitted, in order; all of it is honest.
 */
export class EditingSession {
  readonly updates: Uint8Array[] = [];
  private readonly replicas: readonly Replica[];
  private readonly random: SeededRandom;

  constructor(random: SeededRandom, replicaCount = 3) {
    this.random = random;
    this.replicas = Array.from({ length: replicaCount }, (_, index) => this.replica(index));
  }

  get docs(): readonly Y.Doc[] {
    return this.replicas.map((replica) => replica.doc);
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) this.step();
  }

  step(): void {
    const { doc, undo } = this.random.pick(this.replicas);
    const roll = this.random.next();
    if (roll < 0.12) this.deliver(doc);
    else if (roll < 0.18) undo.undo();
    else if (roll < 0.22) undo.redo();
    else if (roll < 0.3) doc.transact(() => this.editSome(doc, 6), this);
    else doc.transact(() => this.editSome(doc, 1), this);
  }

  /** An honest update of any sort: live, merged (with holes), diff, full state. */
  anyUpdate(): Uint8Array {
    const doc = this.random.pick(this.docs);
    const roll = this.random.next();
    if (this.updates.length === 0 || roll < 0.1) return Y.encodeStateAsUpdate(doc);
    if (roll < 0.5) return this.random.pick(this.updates);
    const other = Y.encodeStateVector(this.random.pick(this.docs));
    if (roll < 0.6) return Y.encodeStateAsUpdate(doc, other);
    const picked = Array.from({ length: 1 + this.random.below(5) }, () => this.random.pick(this.updates));
    const merged = Y.mergeUpdates(picked);
    return roll < 0.9 ? merged : Y.diffUpdate(merged, other);
  }

  destroy(): void {
    for (const { doc, undo } of this.replicas) {
      undo.destroy();
      doc.destroy();
    }
  }

  private replica(index: number): Replica {
    const doc = new Y.Doc({ gc: index !== 1 });
    doc.clientID = 1 + this.random.below(index === 0 ? 100 : 2 ** 32 - 2);
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "delivered") this.updates.push(update);
    });
    const scope = [doc.getText("text"), doc.getArray("array"), doc.getMap("map"), doc.getXmlFragment("xml")];
    const undo = new Y.UndoManager(scope, { trackedOrigins: new Set([this]), captureTimeout: 0 });
    return { doc, undo };
  }

  private deliver(doc: Y.Doc): void {
    if (this.updates.length > 0 && this.random.chance(0.3)) {
      Y.applyUpdate(doc, this.random.pick(this.updates), "delivered");
      return;
    }
    const source = this.random.pick(this.docs);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(source, Y.encodeStateVector(doc)), "delivered");
  }

  private editSome(doc: Y.Doc, editsMax: number): void {
    for (let edit = this.random.below(editsMax); edit >= 0; edit--) {
      const roll = this.random.next();
      if (roll < 0.4) this.editText(doc.getText("text"));
      else if (roll < 0.6) this.editArray(doc.getArray("array"));
      else if (roll < 0.8) this.editMap(doc.getMap("map"));
      else this.editXml(doc.getXmlFragment("xml"));
    }
  }

  private editText(text: Y.Text): void {
    const at = this.random.below(text.length + 1);
    const left = text.length - at;
    const roll = this.random.next();
    const attributes = { [this.random.pick(keys)]: this.random.pick([true, null, { url: "https://example.org" }]) };
    if (roll < 0.5 || left === 0) text.insert(at, this.random.pick(words));
    else if (roll < 0.6) text.insert(at, this.random.pick(words), attributes);
    else if (roll < 0.8) text.delete(at, 1 + this.random.below(Math.min(left, 20)));
    else if (roll < 0.9) text.format(at, 1 + this.random.below(left), attributes);
    else if (roll < 0.95) text.insertEmbed(at, { image: "data:😀", size: [1, 2.5, null] });
    else text.insertEmbed(at, new Y.Map([["embedded", 1]]));
  }

  private editArray(array: Y.Array<unknown>): void {
    const at = this.random.below(array.length + 1);
    if (at < array.length && this.random.chance(0.4)) {
      array.delete(at, 1 + this.random.below(Math.min(3, array.length - at)));
      return;
    }
    const nested = at < array.length ? array.get(at) : null;
    if (nested instanceof Y.Array) this.editArray(nested);
    else if (nested instanceof Y.Map) this.editMap(nested);
    else array.insert(at, [this.value(), this.value()]);
  }

  private editMap(map: Y.Map<unknown>): void {
    const key = this.random.pick(keys);
    const nested = map.get(key);
    if (this.random.chance(0.2)) map.delete(key);
    else if (nested instanceof Y.Map && this.random.chance(0.7)) this.editMap(nested);
    else if (nested instanceof Y.Text) this.editText(nested);
    else map.set(key, this.value());
  }

  private editXml(parent: Y.XmlFragment): void {
    const at = this.random.below(parent.length + 1);
    const child = at < parent.length ? parent.get(at) : null;
    if (parent instanceof Y.XmlElement && this.random.chance(0.3)) {
      if (this.random.chance(0.2)) parent.removeAttribute("class");
      else parent.setAttribute(this.random.pick(["class", "id"]), this.random.pick(words));
    }
    if (child !== null && this.random.chance(0.2)) parent.delete(at, 1);
    else if (child instanceof Y.XmlText) this.editText(child);
    else if (child instanceof Y.XmlElement) this.editXml(child);
    else parent.insert(at, [this.xmlNode()]);
  }

  private xmlNode(): Y.XmlElement | Y.XmlText {
    const roll = this.random.next();
    if (roll < 0.5) return new Y.XmlElement(this.random.pick(["p", "h1", "ünïcode"]));
    if (roll < 0.9) return new Y.XmlText(this.random.pick(words));
    // A hook is a node in every respect but its declared type.
    return new Y.XmlHook("widget") as unknown as Y.XmlElement;
  }

  private value(): unknown {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
        return new Y.Map([[random.pick(keys), random.below(1000)]]);
      case 1:
        return new Y.Array();
      case 2:
        return new Y.Text(random.pick(words));
      case 3:
        return new Y.Doc({ autoLoad: random.chance(0.5), gc: random.chance(0.5), meta: { title: random.pick(words) } });
      case 4:
        return new Uint8Array([1, 2, random.below(256)]);
      case 5:
        return -random.below(2 ** 31);
      case 6:
        return random.next();
      case 7:
        return random.below(2 ** 20) * 2 ** 30;
      case 8:
        return { big: BigInt(random.below(1000)) - 500n };
      case 9:
        return {
          list: [null, true, undefined, { deep: [random.pick(words)] }],
          inner: { [random.pick(keys)]: Number.NaN },
        };
      case 10:
        return random.pick([null, true, false, 0, -0, 1.5]);
      default:
        return random.pick(words);
    }
  }
}
