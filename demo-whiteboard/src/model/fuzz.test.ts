import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { NewShape } from "./build.ts";
import { boxPoints } from "./build.ts";
import { COLORS, DASHES, FILLS, OPACITIES, parseShape, SIZES } from "./schema.ts";
import { type Peer, peer, seeded } from "./testing.ts";

const SEEDS = 500;
const STEPS = 70;
/** Seeds begin here: another start is another set of worlds. */
const FIRST_SEED = Number(process.env["SEED"] ?? 1);

interface Message {
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Three people, random actions, a network that delays, repeats, reorders and loses; then everyone meets. */
class World {
  readonly peers: readonly Peer[] = [peer(11), peer(22), peer(33)];
  readonly random: () => number;
  readonly counts = { added: 0, undone: 0, checked: 0, restored: 0 };
  /** The server edits too: it restores what it has kept. */
  private readonly server = new Y.Doc();
  private kept: ReadonlyMap<string, unknown> = new Map();
  private readonly network: Message[] = [];
  private made = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.server.clientID = 44;
    this.server.on("update", (bytes: Uint8Array, origin: unknown) => {
      if (origin === NETWORK) return;
      for (const to of this.peers.keys()) this.network.push({ to, bytes });
    });
    this.peers.forEach(({ doc }, from) => {
      doc.on("update", (bytes: Uint8Array, origin: unknown) => {
        if (origin === NETWORK) return;
        for (let to = 0; to < this.peers.length; to += 1) {
          if (to === from || this.random() < 0.1) continue;
          this.network.push({ to, bytes });
          if (this.random() < 0.1) this.network.push({ to, bytes });
        }
      });
    });
  }

  step(): void {
    if (this.random() < 0.45) this.deliver();
    else this.act(this.pick(this.peers));
  }

  /** Everyone gets what they miss, twice around, so that it does not matter who began. */
  meet(): void {
    while (this.network.length > 0) this.deliver();
    for (const { doc } of this.peers) Y.applyUpdate(doc, Y.encodeStateAsUpdate(this.server), NETWORK);
    for (const a of this.peers) {
      for (const b of this.peers)
        Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)), NETWORK);
    }
  }

  private deliver(): void {
    const [message] = this.network.splice(Math.floor(this.random() * this.network.length), 1);
    const to = message && this.peers[message.to];
    if (to) Y.applyUpdate(to.doc, message.bytes, NETWORK);
  }

  private act(who: Peer): void {
    const { board } = who;
    const ids = board.shapes.ordered().map((shape) => shape.id);
    const some = ids.filter(() => this.random() < 0.3);
    const dice = this.random();
    if (ids.length === 0 || dice < 0.25) this.add(who);
    else if (dice < 0.4) board.transform(some, [0, 0, 10, 10], [this.between(-50, 50), this.between(-50, 50), 10, 10]);
    else if (dice < 0.5) board.transform(some, [0, 0, 10, 10], [0, 0, this.between(5, 20), this.between(5, 20)]);
    else if (dice < 0.6)
      board.restyle(some, {
        color: this.pick(COLORS),
        size: this.pick(SIZES),
        fill: this.pick(FILLS),
        dash: this.pick(DASHES),
        opacity: this.pick(OPACITIES),
      });
    else if (dice < 0.7) board.remove(this.random() < 0.1 ? ids : some.slice(0, 2));
    else if (dice < 0.73) board.reorder(some, this.pick(["front", "back"] as const));
    else if (dice < 0.76) board.restack(some, this.pick(["forward", "backward"] as const), new Set(ids));
    else if (dice < 0.8) board.duplicate(some.slice(0, 2), () => this.id(), { x: 8, y: 8 }, "");
    else if (dice < 0.82) this.type(who, ids);
    else if (dice < 0.84) this.restore(who);
    else this.replay(who, dice < 0.95 ? "undo" : "redo");
  }

  private add({ board }: Peer): void {
    this.counts.added += 1;
    const style = { color: this.pick(COLORS), size: this.pick(SIZES), fill: this.pick(FILLS) };
    const box = [this.between(0, 500), this.between(0, 500), this.between(1, 90), this.between(1, 90)] as const;
    const points = [0, 1, 2].map(() => ({ x: this.between(0, 90), y: this.between(0, 90), pressure: 0.5 }));
    const shapes: readonly NewShape[] = [
      { type: "rect", ...style, box },
      { type: "ellipse", ...style, box },
      { type: "diamond", ...style, box, dash: this.pick(DASHES), opacity: this.pick(OPACITIES) },
      { type: "text", ...style, text: "words", box },
      { type: "note", ...style, text: "", box },
      { type: "arrow", ...style, ...boxPoints(points.slice(0, 2)) },
      { type: "pen", ...style, measured: true, highlight: true, ...boxPoints(points) },
      { type: "pen", ...style, measured: false, ...boxPoints(points) },
    ];
    board.add(this.id(), this.pick(shapes), "");
  }

  private type({ board }: Peer, ids: readonly string[]): void {
    const edit = board.beginText(this.pick(ids));
    if (!edit) return;
    edit.set(this.random() < 0.2 ? "" : `${edit.value} ${this.between(0, 99)}`);
    board.endText(edit, { width: this.between(10, 90), height: 20 }, false);
  }

  /** The server has what this person has; then it keeps that, or makes the board what it has kept before. */
  private restore({ doc }: Peer): void {
    Y.applyUpdate(this.server, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(this.server)), NETWORK);
    const shapes = this.server.getMap<unknown>("shapes");
    if (this.kept.size === 0) {
      // An undo and its repair are two updates: what was kept between them has a shape that nobody can draw.
      const whole = [...shapes].filter(([id, shape]) => parseShape(id, shape) !== null);
      this.kept = new Map(whole.map(([id, shape]) => [id, shape instanceof Y.Map ? shape.clone() : shape]));
      return;
    }
    this.counts.restored += 1;
    this.server.transact(() => {
      for (const id of [...shapes.keys()]) if (!this.kept.has(id)) shapes.delete(id);
      for (const [id, shape] of this.kept) if (!shapes.has(id)) shapes.set(id, shape);
    });
    this.kept = new Map();
  }

  /** Own undo leaves alone what someone else wrote last. */
  private replay({ doc, board }: Peer, how: "undo" | "redo"): void {
    const before = this.foreignKeys(doc);
    if (board.history[how]()) this.counts.undone += 1;
    const shapes = doc.getMap("shapes");
    for (const { id, key, value } of before) {
      const shape = shapes.get(id);
      if (!(shape instanceof Y.Map)) continue;
      this.counts.checked += 1;
      expect(shape.get(key), `${how} changed ${key} of ${id}, which another person wrote last`).toEqual(value);
    }
  }

  private foreignKeys(doc: Y.Doc): { readonly id: string; readonly key: string; readonly value: unknown }[] {
    const keys: { id: string; key: string; value: unknown }[] = [];
    for (const [id, shape] of doc.getMap<unknown>("shapes")) {
      if (!(shape instanceof Y.Map)) continue;
      for (const key of ["box", "color", "size", "z"]) {
        const item = shape._map.get(key);
        if (item && item.id.client !== doc.clientID) keys.push({ id, key, value: shape.get(key) });
      }
    }
    return keys;
  }

  private id(): string {
    this.made += 1;
    return `shape-${this.made}`;
  }

  private between(low: number, high: number): number {
    return Math.floor(low + this.random() * (high - low));
  }

  private pick<T>(from: readonly T[]): T {
    const chosen = from[Math.floor(this.random() * from.length)];
    if (chosen === undefined) throw new Error("Nothing to pick from.");
    return chosen;
  }
}

const NETWORK = { name: "network" };

describe("three people at once", () => {
  test(`${SEEDS} random worlds converge, and every shape is complete`, () => {
    const total = { added: 0, undone: 0, checked: 0, restored: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
      const world = new World(seed);
      try {
        for (let step = 0; step < STEPS; step += 1) world.step();
        world.meet();
        world.meet();
        const [first, ...others] = world.peers.map(({ doc }) => JSON.stringify(sorted(doc.getMap("shapes").toJSON())));
        for (const other of others) expect(other).toBe(first);
        for (const { doc, board } of world.peers) {
          expect(board.shapes.skipped).toBe(0);
          const fresh = [...doc.getMap<unknown>("shapes")].map(([id, value]) => parseShape(id, value));
          expect(fresh).toHaveLength(board.shapes.size);
          for (const shape of fresh) expect(shape && board.shapes.get(shape.id)).toEqual(shape);
        }
      } catch (problem) {
        throw new Error(`seed ${seed}: ${String(problem)}`, { cause: problem });
      }
      total.added += world.counts.added;
      total.undone += world.counts.undone;
      total.checked += world.counts.checked;
      total.restored += world.counts.restored;
    }
    // A world in which nothing happens converges too: these say that much did.
    expect(total.added).toBeGreaterThan(SEEDS * 5);
    expect(total.undone).toBeGreaterThan(SEEDS * 2);
    expect(total.checked).toBeGreaterThan(SEEDS * 10);
    expect(total.restored).toBeGreaterThan(SEEDS / 10);
  }, 180_000);
});

/** Keys in one order: each document has its own. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || Array.isArray(value)) return value;
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
