import { afterEach, describe, expect, test } from "vitest";
import { assert } from "y-webpubsub/core";
import * as Y from "yjs";
import { foldDocument } from "../core/fold.ts";
import type { Folded } from "../core/ports.ts";
import { FoldError, folderLimits, WorkerFolder } from "./folder.ts";

function typed(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, text);
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

function hex(folded: Folded | undefined): string[] {
  assert(folded, "the folder is open");
  const { payload, hash, coverage, digest, state } = folded;
  return [payload, hash, coverage, digest, state].map((bytes) => Buffer.from(bytes).toString("hex"));
}

/** Two thousand clients insert at one place: each conflicts with all before it. */
function slowUpdate(): Uint8Array {
  const updates: Uint8Array[] = [];
  for (let client = 1; client <= 2_000; client++) {
    const other = new Y.Doc();
    other.clientID = client;
    other.getArray("a").insert(0, [client]);
    updates.push(Y.encodeStateAsUpdate(other));
    other.destroy();
  }
  return Y.mergeUpdates(updates);
}

describe("WorkerFolder", () => {
  let folder: WorkerFolder | null = null;
  afterEach(async () => {
    await folder?.close();
    folder = null;
  });

  test("answers what the fold itself answers, one after the other", async () => {
    folder = new WorkerFolder();
    const jobs = ["one", "two", "three"].map((text) => ({ payload: null, updates: [typed(text), typed("!")] }));
    const answers = await Promise.all(jobs.map((job) => folder?.fold(job)));
    expect(answers.map(hex)).toEqual(jobs.map((job) => hex(foldDocument(job))));
  });

  test("DU9 an update that Yjs throws at is answered as bad, the others are folded", async () => {
    folder = new WorkerFolder();
    const folded = await folder.fold({ payload: null, updates: [typed("a"), Uint8Array.of(1, 1, 1, 99), typed("b")] });
    expect(folded.bad).toEqual([1]);
    const doc = new Y.Doc();
    Y.applyUpdateV2(doc, folded.payload);
    expect([...doc.getText("t").toString()].sort()).toEqual(["a", "b"]);
  });

  test("a snapshot that cannot be applied is an error, and the next fold works", async () => {
    folder = new WorkerFolder();
    const job = { payload: Uint8Array.of(9, 9, 9), updates: [] };
    await expect(folder.fold(job)).rejects.toMatchObject({ code: "snapshot-unreadable" });
    expect((await folder.fold({ payload: null, updates: [typed("x")] })).bad).toEqual([]);
  });

  test("a fold that takes too long ends with its thread and is an error, never a smaller document", async () => {
    folder = new WorkerFolder({ ...folderLimits, deadlineMs: 1, deadlineMsPerMb: 0 });
    await expect(folder.fold({ payload: null, updates: [slowUpdate()] })).rejects.toMatchObject({ code: "too-slow" });
  });

  test("waiting folds are bounded, and refused when it closes", async () => {
    folder = new WorkerFolder({ ...folderLimits, waitingMax: 2 });
    const job = { payload: null, updates: [typed("x")] };
    const waiting = [folder.fold(job), folder.fold(job)];
    await expect(folder.fold(job)).rejects.toBeInstanceOf(FoldError);
    const settled = Promise.allSettled(waiting);
    await folder.close();
    expect((await settled).map(({ status }) => status)).toContain("rejected");
    await expect(folder.fold(job)).rejects.toMatchObject({ code: "closed" });
  });
});
