import * as Y from "yjs";
import { apply, readTrace } from "./trace.ts";

/** What a document is filled with, and how one tells that all of it is there. */
export interface Scene {
  readonly name: string;
  /** In pieces of one turn each: uploads and receipts run beside it, as they would with people. */
  readonly pieces: readonly ((doc: Y.Doc) => void)[];
  isWhole(doc: SceneDoc): boolean;
}

/** A document of ours or of a peer. */
export interface SceneDoc {
  getText(name: string): { readonly length: number };
  getMap(name: string): { readonly size: number };
}

export interface SceneSetting {
  readonly kind: "session" | "board";
  readonly quick: boolean;
  /** A recorded session; undefined: the usual one. */
  readonly trace: string | undefined;
}

const keysPerTurn = 500;
const shapesPerTurn = 250;

export function makeScene({ kind, quick, trace }: SceneSetting): Scene {
  return kind === "session" ? session(quick, trace) : board(quick ? 500 : 20_000);
}

/** The whole of it as one update, V1. */
export function updateOf({ pieces }: Scene): Uint8Array {
  const doc = new Y.Doc();
  for (const piece of pieces) piece(doc);
  return Y.encodeStateAsUpdate(doc);
}

function session(quick: boolean, file: string | undefined): Scene {
  const trace = readTrace(file);
  const transactions = quick ? trace.transactions.slice(0, 2_000) : trace.transactions;
  const length = lengthOf(transactions.flat());
  const pieces = inTurns(transactions, keysPerTurn, (doc, part) => {
    for (const patches of part) doc.transact(() => apply(doc.getText("text"), patches));
  });
  const name = `${trace.name}, ${transactions.length} edits`;
  return { name, pieces, isWhole: (doc) => doc.getText("text").length === length };
}

function lengthOf(patches: readonly (readonly [number, number, string])[]): number {
  return patches.reduce((sum, [, deleted, inserted]) => sum + inserted.length - deleted, 0);
}

function board(shapes: number): Scene {
  const numbers = Array.from({ length: shapes }, (_, number) => number);
  const pieces = inTurns(numbers, shapesPerTurn, (doc, part) => {
    doc.transact(() => {
      for (const number of part) doc.getMap("shapes").set(`shape-${number}`, shape(number));
    });
  });
  return { name: `board of ${shapes} shapes`, pieces, isWhole: (doc) => doc.getMap("shapes").size === shapes };
}

/** Some 500 bytes, as drawing programs keep them. */
function shape(number: number): Y.Map<unknown> {
  const spread = (factor: number, below: number) => (number * factor) % below;
  return new Y.Map<unknown>([
    ["type", ["rectangle", "ellipse", "arrow", "note"][number % 4]],
    ["x", spread(7_919, 100_000) / 8],
    ["y", spread(104_729, 100_000) / 8],
    ["width", 20 + spread(31, 400)],
    ["height", 20 + spread(37, 400)],
    ["angle", spread(13, 360) / 57.3],
    ["stroke", "#1c7ed6"],
    ["fill", ["#f03e3e", "#37b24d", "#f59f00"][number % 3]],
    ["opacity", 1],
    ["order", `a${number.toString(36)}`],
    ["author", `user-${number % 12}`],
    ["text", `What shape number ${number} says, in one line of a few words.`],
  ]);
}

function inTurns<T>(all: readonly T[], size: number, write: (doc: Y.Doc, part: readonly T[]) => void): Scene["pieces"] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, turn) => {
    return (doc: Y.Doc) => write(doc, all.slice(turn * size, (turn + 1) * size));
  });
}
