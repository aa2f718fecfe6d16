import { afterEach, describe, expect, test } from "vitest";
import { assert } from "y-webpubsub/core";
import * as Y from "yjs";
import { foldDocument } from "../core/fold.ts";
import type { Folded } from "../core/ports.ts";
import { FoldError, folderLimits, type Thread, WorkerFolder } from "./folder.ts";

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

/** A thread in which each update takes as long as the number in it says, the snapshot as long as its own. */
function timedThread(): Thread {
  return {
    async run({ payload, updates }, deadlineMs) {
      const tookMs = updates.reduce((sum, [ms = 0]) => sum + ms, payload?.[0] ?? 0);
      if (tookMs > deadlineMs) return { outcome: "lost", reason: `no answer in ${deadlineMs} ms` };
      const folded = {
        ...foldDocument({ payload: null, updates: [] }),
        hash: Uint8Array.from(updates.flatMap(([ms = 0]) => ms)),
      };
      return { outcome: "folded", folded, tookMs };
    },
    async perform() {
      return { outcome: "lost", reason: "nothing is timed but folds" };
    },
    async close() {
      // Nothing runs.
    },
  };
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

  test("HI4 what history asks is done in the same thread, and one that cannot be done is an error", async () => {
    folder = new WorkerFolder();
    const edit = { client: 9, partBytesMax: 1_000 };
    const now = { payload: null, updates: [typed("now")] };
    const { parts } = await folder.perform({ type: "restore", now, wanted: { payload: null, updates: [] }, edit });
    const doc = new Y.Doc();
    for (const update of [...now.updates, ...parts]) Y.applyUpdate(doc, update);
    expect(doc.getText("t").toString()).toBe("");
    // The thread kept what the edit made of it.
    const after = { payload: null, updates: [...now.updates, ...parts] };
    const back = { type: "restore", now: after, wanted: now, edit: { ...edit, client: 10 } } as const;
    for (const update of (await folder.perform(back)).parts) Y.applyUpdate(doc, update);
    expect(doc.getText("t").toString()).toBe("now");
    const broken = { payload: Uint8Array.of(9, 9, 9), updates: [] };
    const refused = folder.perform({ type: "content", at: broken, format: "json" });
    await expect(refused).rejects.toMatchObject({ code: "snapshot-unreadable" });
    await folder.close();
    await expect(folder.perform({ type: "merge", groups: [] })).rejects.toMatchObject({ code: "closed" });
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
    folder = new WorkerFolder({ ...folderLimits, deadlineMs: 0, deadlineMsPerMb: 0 });
    await expect(folder.fold({ payload: null, updates: [typed("x")] })).rejects.toMatchObject({ code: "too-slow" });
  });

  const hundred = { ...folderLimits, deadlineMs: 100, deadlineMsPerMb: 0 };
  const updates = (...ms: readonly number[]) => ms.map((value) => Uint8Array.of(value));

  test("DU9 updates that alone take most of the time are answered as bad, wherever they stand", async () => {
    folder = new WorkerFolder(hundred, timedThread());
    for (const [job, bad] of [
      [updates(1, 2, 200, 3, 4), [2]],
      [updates(150, 1, 2), [0]],
      [updates(1, 2, 150), [2]],
      [updates(101, 5, 120, 6, 130, 7), [0, 2, 4]],
    ] as const) {
      const folded = await folder.fold({ payload: null, updates: job });
      expect(folded.bad).toEqual(bad);
      expect([...folded.hash]).toEqual(
        job.flatMap(([ms = 0], index) => ((bad as readonly number[]).includes(index) ? [] : ms)),
      );
    }
  });

  test("a document that is large as a whole is an error: no update is given up for it", async () => {
    folder = new WorkerFolder(hundred, timedThread());
    for (const job of [
      { payload: Uint8Array.of(101), updates: updates(1) },
      { payload: Uint8Array.of(90), updates: updates(5, 20) },
      { payload: null, updates: updates(...Array.from({ length: 30 }, () => 5)) },
    ]) {
      await expect(folder.fold(job)).rejects.toMatchObject({ code: "too-slow" });
    }
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
