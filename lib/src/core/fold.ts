import { Coverage, findClash, sha256 } from "y-webpubsub/core";
import * as Y from "yjs";
import type { Folded, FoldJob } from "./ports.ts";

/**
 * Makes one document of a snapshot and the updates after it. The common case applies all of them in one transaction; only
 * when something throws or waits are they tried one by one. Throws when the snapshot itself cannot be applied.
 */
export function foldDocument(job: FoldJob): Folded {
  const { doc, bad, waiting } = openDocument(job);
  const agrees = job.compared === undefined || isAgreed(doc, job.compared);
  return { ...describe(doc, bad, waiting), agrees };
}

/** The document itself; whoever asks destroys it. `use`: a document that nobody keeps opens in half of the time. */
export function openDocument(job: FoldJob, use: Use = "keep"): Opened {
  const all = job.updates.map((_, index) => index);
  const doc = tryAll(job, all, "whole", use);
  if (doc) return { doc, bad: [], waiting: [] };
  for (const thorough of [false, true]) {
    const { good, bad, waiting } = sortOut(job, thorough);
    const sound = tryAll(job, good, "trimmed", use);
    if (sound) return { doc: sound, bad, waiting };
  }
  throw new Error("The snapshot cannot be applied.");
}

export interface Opened {
  readonly doc: Y.Doc;
  readonly bad: readonly number[];
  readonly waiting: readonly number[];
}

/**
 * `trimmed`: the part of an update that the document holds already is cut off first. Yjs throws when a struct that begins
 * below what is known and ends above says something else about its known half.
 */
type Manner = "whole" | "trimmed";

/**
 * `look`: what the snapshot holds is neither tried nor tidied once more. `look-again`: nor is it tried whether the document
 * can be written with its updates; all of them were folded once.
 */
export type Use = "keep" | "look" | "look-again";

/** The document, or null when an update throws or leaves something pending. */
function tryAll(job: FoldJob, indexes: readonly number[], manner: Manner, use: Use): Y.Doc | null {
  const doc = open(job, use);
  const updates = indexes.map((index) => updateAt(job, index));
  if (applyAll(doc, updates, manner, use)) return doc;
  // Which update it was is found one by one; a document that threw is not used again.
  doc.destroy();
  return null;
}

/** Takes more updates into a document that was opened. False: one of them throws or waits, and the document is spoiled. */
export function extendDocument(doc: Y.Doc, updates: readonly Uint8Array[], use: Exclude<Use, "keep">): boolean {
  return applyAll(doc, updates, "whole", use);
}

function applyAll(doc: Y.Doc, updates: readonly Uint8Array[], manner: Manner, use: Use): boolean {
  const isTried = use === "keep" || (use === "look" && updates.length > 0);
  const known = isTried && use === "look" ? Y.encodeStateVector(doc) : undefined;
  try {
    doc.transact(() => {
      for (const update of updates) apply(doc, update, manner);
    });
    if (isTried) Y.encodeStateAsUpdateV2(doc, known);
  } catch {
    return false;
  }
  return !isPending(doc);
}

interface Sorted {
  readonly good: readonly number[];
  readonly bad: readonly number[];
  readonly waiting: readonly number[];
}

/**
 * Rare: applies one update after the other, and makes the document anew after each that throws or waits. Updates that
 * wait are tried again as long as others were good meanwhile. `thorough` also encodes after each, which finds the update
 * that applies and can never be written again.
 */
function sortOut(job: FoldJob, thorough: boolean): Sorted {
  const good: number[] = [];
  const bad: number[] = [];
  let left = job.updates.map((_, index) => index);
  let doc = open(job, "keep");
  for (let found = true; found && left.length > 0; ) {
    found = false;
    const waiting: number[] = [];
    for (const index of left) {
      const verdict = tryOne(doc, updateAt(job, index), thorough);
      if (verdict === "good") {
        good.push(index);
        found = true;
        continue;
      }
      (verdict === "bad" ? bad : waiting).push(index);
      doc.destroy();
      doc = tryAll(job, good, "trimmed", "keep") ?? open(job, "keep");
    }
    left = waiting;
  }
  doc.destroy();
  return { good, bad, waiting: left };
}

function tryOne(doc: Y.Doc, update: Uint8Array, thorough: boolean): "good" | "bad" | "waiting" {
  try {
    apply(doc, update, "trimmed");
    if (thorough) Y.encodeStateAsUpdateV2(doc);
    return isPending(doc) ? "waiting" : "good";
  } catch {
    // What it threw does not matter: an update that throws is quarantined whole (DU9).
    return "bad";
  }
}

function apply(doc: Y.Doc, update: Uint8Array, manner: Manner): void {
  Y.applyUpdate(doc, manner === "whole" ? update : Y.diffUpdate(update, Y.encodeStateVector(doc)));
}

function open(job: FoldJob, use: Use): Y.Doc {
  const doc = new Y.Doc({ gc: true });
  if (job.payload) {
    if (use !== "keep") doc.once("afterTransaction", leaveAsRead);
    Y.applyUpdateV2(doc, job.payload);
  }
  return doc;
}

/**
 * A snapshot was cleared of deleted content and its structs were joined before it was written, all but a few. Looking for
 * those takes Yjs a third of the time that reading takes: what it would look through is taken from it. The few would add up
 * from snapshot to snapshot, so a document that is kept is looked through.
 */
function leaveAsRead({ deleteSet, afterState }: Y.Transaction): void {
  deleteSet.clients.clear();
  afterState.clear();
}

function updateAt(job: FoldJob, index: number): Uint8Array {
  return job.updates[index] ?? new Uint8Array();
}

function isPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
}

function isAgreed(doc: Y.Doc, update: Uint8Array): boolean {
  return findClash(doc, Y.decodeUpdate(update), () => 0) === null;
}

function describe(doc: Y.Doc, bad: readonly number[], waiting: readonly number[]): Omit<Folded, "agrees"> {
  const payload = Y.encodeStateAsUpdateV2(doc);
  const snapshot = Y.snapshot(doc);
  const state = Y.encodeSnapshot(snapshot);
  const coverage = Coverage.fromSnapshot(snapshot).encode();
  doc.destroy();
  return { payload, hash: sha256(payload), coverage, digest: sha256(state), state, bad, waiting };
}
