import type { Cursor } from "y-webpubsub/core";
import { materialAt } from "../history/positions.ts";
import type { ContentFormat } from "../history/tasks.ts";
import { Problem } from "../problems.ts";
import type { Desk } from "./edits.ts";
import { documentLimits } from "./limits.ts";

/** HI2: the document as it was at a position of its log. */
export async function contentAt(desk: Desk, at: Cursor, format: ContentFormat): Promise<Uint8Array> {
  const material = await materialAt(desk.store, desk.document, at);
  if (material === null) throw new Problem("position-gone");
  const task = { type: "content", at: material.job, format, settled: material.settled } as const;
  const { parts } = await desk.collab.parts.folder.perform(task);
  return parts[0] ?? new Uint8Array();
}

/** What happened between two positions, as JSON text. */
export async function compare(desk: Desk, from: Cursor, to: Cursor): Promise<Uint8Array> {
  const [before, after] = [
    await materialAt(desk.store, desk.document, from),
    await materialAt(desk.store, desk.document, to),
  ];
  if (before === null || after === null) throw new Problem("position-gone");
  const { changesMax } = documentLimits;
  const task = { type: "difference", from: before.job, to: after.job, changesMax } as const;
  const { parts } = await desk.collab.parts.folder.perform(task);
  return parts[0] ?? new Uint8Array();
}
