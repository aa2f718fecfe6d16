import { type Decoded, mergeAll, parseJson, splitUpdate, unreachable, uploadLimits } from "y-webpubsub/core";
import * as Y from "yjs";
import type { FoldJob } from "../core/ports.ts";
import { type Difference, difference } from "./content/difference.ts";
import { documentFromJson } from "./content/from-json.ts";
import { rewriteDocument } from "./content/rewrite.ts";
import { documentToJson } from "./content/to-json.ts";
import { nowhere, Shelf } from "./shelf.ts";

/** What takes long with a document's content: done off the event loop, on copies. */
export type Task =
  /** As JSON text, or as one Yjs V1 update. `settled`: every update was applied once before. Default: that is found out. */
  | { readonly type: "content"; readonly at: FoldJob; readonly format: ContentFormat; readonly settled?: boolean }
  /** As JSON text. */
  | { readonly type: "difference"; readonly from: FoldJob; readonly to: FoldJob; readonly changesMax: number }
  /** HI4: the edit that makes `now` show what `wanted` shows. `settled`: as above, of `wanted`. */
  | {
      readonly type: "restore";
      readonly now: FoldJob;
      readonly wanted: FoldJob;
      readonly settled?: boolean;
      readonly edit: EditAs;
    }
  /** The edit that makes `now` show what the JSON says. */
  | { readonly type: "write"; readonly now: FoldJob; readonly json: Uint8Array; readonly edit: EditAs }
  /** Each group becomes one update. */
  | { readonly type: "merge"; readonly groups: readonly (readonly Uint8Array[])[] };

export type ContentFormat = "json" | "update";

/** Who writes, and how large one update may be. */
export interface EditAs {
  readonly client: number;
  readonly partBytesMax: number;
}

export interface Performed {
  /** Of an edit: the parts, in order; none when there is nothing to change. */
  readonly parts: readonly Uint8Array[];
  /** What is wrong with the JSON. */
  readonly problem: string | null;
}

/** Runs tasks: in a worker with a deadline in production, inline in tests. Rejects when it cannot. */
export interface Performer {
  perform(task: Task): Promise<Performed>;
}

const jsonBytesMax = 67_108_864;

export function perform(task: Task): Performed {
  return performWith(task, new Shelf(nowhere));
}

/** `shelf`: where opened documents are kept for the next task. */
export function performWith(task: Task, shelf: Shelf): Performed {
  switch (task.type) {
    case "content":
      if (task.format === "update" && task.settled === true) return done([joined(task.at)]);
      return done([shelf.look(task.at, useOf(task), (doc) => contentOf(doc, task.format))]);
    case "difference":
      return done([jsonBytes(differenceOf(task, shelf))]);
    case "restore":
      return done(
        shelf.look(task.wanted, useOf(task), (wanted) =>
          edited(task, shelf, (doc) => rewriteDocument(doc, wanted, "history")),
        ),
      );
    case "write": {
      const wanted = readJson(task.json);
      if (!wanted.ok) return { parts: [], problem: wanted.problem };
      return done(edited(task, shelf, (doc) => rewriteDocument(doc, wanted.value, "content")));
    }
    case "merge":
      return done(task.groups.map(mergeAll));
    default:
      throw unreachable(task);
  }
}

/** The documents that a task opens. */
export function jobsOf(task: Task): readonly FoldJob[] {
  switch (task.type) {
    case "content":
      return [task.at];
    case "difference":
      return [task.from, task.to];
    case "restore":
      return [task.now, task.wanted];
    case "write":
      return [task.now, { payload: task.json, updates: [] }];
    case "merge":
      return task.groups.map((updates) => ({ payload: null, updates }));
    default:
      throw unreachable(task);
  }
}

function done(parts: readonly Uint8Array[]): Performed {
  return { parts, problem: null };
}

function useOf({ settled }: { readonly settled?: boolean }): "look" | "look-again" {
  return settled === true ? "look-again" : "look";
}

/** Without a document of it: whoever gets it makes one, and collects what was deleted since the last keyframe. */
function joined({ payload, updates }: FoldJob): Uint8Array {
  const since = mergeAll(updates);
  if (payload === null) return since;
  if (updates.length === 0) return Y.convertUpdateFormatV2ToV1(payload);
  // The state is far larger than what came since: it is read once, and written as V1 at once.
  return Y.mergeUpdatesV2([payload, Y.convertUpdateFormatV1ToV2(since)], Y.UpdateDecoderV2, Y.UpdateEncoderV1);
}

function contentOf(doc: Y.Doc, format: ContentFormat): Uint8Array {
  return format === "update" ? Y.encodeStateAsUpdate(doc) : jsonBytes(documentToJson(doc));
}

function differenceOf(
  { from, to, changesMax }: Extract<Task, { readonly type: "difference" }>,
  shelf: Shelf,
): Difference {
  return shelf.look(from, "look", (before) => shelf.look(to, "look", (after) => difference(before, after, changesMax)));
}

interface Edit {
  readonly now: FoldJob;
  readonly edit: EditAs;
}

/** Everything in one transaction is one update. */
function edited({ now, edit }: Edit, shelf: Shelf, change: (doc: Y.Doc) => void): readonly Uint8Array[] {
  return shelf.edit(now, "look", (doc) => {
    doc.clientID = edit.client;
    const updates: Uint8Array[] = [];
    const keep = (update: Uint8Array) => updates.push(update);
    doc.on("update", keep);
    // Collecting what a large change deletes takes longer than the change, and says nothing to anybody.
    doc.gc = false;
    doc.transact(() => change(doc));
    doc.gc = true;
    doc.off("update", keep);
    return updates.flatMap((update) => splitUpdate(update, edit.partBytesMax));
  });
}

function readJson(bytes: Uint8Array): Decoded<Y.Doc> {
  const json = parseJson(bytes, { bytesMax: jsonBytesMax, depthMax: uploadLimits.jsonDepthMax * 4 });
  return json.ok ? documentFromJson(json.value) : json;
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
