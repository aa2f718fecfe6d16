import type { DocumentId } from "y-webpubsub/core";
import * as Y from "yjs";

export const board = "board" as DocumentId;

/** What eight people drew: every upload of every one of them, in order. */
export interface Drawing {
  readonly uploads: readonly { readonly user: number; readonly update: Uint8Array }[];
  /** After how many uploads each of the versions lies. */
  readonly versions: readonly number[];
}

const people = 8;
const editsPerUpload = 10;

/** A board of `shapes` shapes with two moves for each, and a quarter of them deleted again; the same each time. */
export function draw(shapes: number, versions: number): Drawing {
  const doc = new Y.Doc();
  const board = doc.getMap<Y.Map<unknown>>("shapes");
  const random = randomOf(20_261_121);
  const uploads: { user: number; update: Uint8Array }[] = [];
  let updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  const drawn: string[] = [];
  const edits = shapes * 3 + Math.floor(shapes / 4);
  for (let edit = 0; edit < edits; edit++) {
    const user = Math.floor(edit / editsPerUpload) % people;
    doc.clientID = 1_000 + user;
    const kind = random(13);
    doc.transact(() => {
      if (drawn.length < shapes && (drawn.length < 2 || kind < 4)) drawn.push(add(board, drawn.length, random));
      else if (kind < 12) move(board.get(drawn[random(drawn.length)] ?? ""), random);
      else board.delete(drawn[random(drawn.length)] ?? "");
    });
    if ((edit + 1) % editsPerUpload !== 0) continue;
    uploads.push({ user, update: Y.mergeUpdates(updates) });
    updates = [];
  }
  const at = Array.from({ length: versions }, (_, index) => Math.ceil((uploads.length * (index + 1)) / versions));
  return { uploads, versions: at };
}

function add(board: Y.Map<Y.Map<unknown>>, number: number, random: (below: number) => number): string {
  const id = `shape-${number.toString(36)}`;
  const fields: [string, unknown][] = [
    ["type", ["rect", "ellipse", "arrow", "note"][random(4)]],
    ["x", random(10_000)],
    ["y", random(10_000)],
    ["width", 20 + random(400)],
    ["height", 20 + random(400)],
    ["color", ["#1c7ed6", "#f03e3e", "#37b24d", "#f59f00"][random(4)]],
    ["text", `shape number ${number}`],
  ];
  board.set(id, new Y.Map(fields));
  return id;
}

function move(shape: Y.Map<unknown> | undefined, random: (below: number) => number): void {
  shape?.set("x", random(10_000));
  shape?.set("y", random(10_000));
}

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
