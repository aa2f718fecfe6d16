import { afterEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { foldDocument } from "../core/fold.ts";
import type { Folded } from "../core/ports.ts";
import { FoldThread, type Ran } from "./fold-thread.ts";

function typed(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, text);
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

function hex({ hash }: Folded): string {
  return Buffer.from(hash).toString("hex");
}

function hashOf(ran: Ran): string {
  return ran.outcome === "folded" ? hex(ran.folded) : ran.reason;
}

const job = { payload: null, updates: [typed("hello")] };
/** Starting the thread alone takes longer. */
const tooShortMs = 0;
const deadlineMs = 15_000;

describe("FoldThread", () => {
  let thread: FoldThread;
  afterEach(() => thread.close());

  test("a job over its deadline is lost, and the next one has a new thread", async () => {
    thread = new FoldThread(256);
    expect(await thread.run(job, tooShortMs)).toMatchObject({ outcome: "lost", reason: "no answer in 0 ms" });
    const ran = await thread.run(job, deadlineMs);
    expect(hashOf(ran)).toBe(hex(foldDocument(job)));
  });

  test("a thread that ends in the middle of a job loses it, and the next one has a new thread", async () => {
    thread = new FoldThread(256);
    const running = thread.run(job, deadlineMs);
    await thread.close();
    expect(await running).toMatchObject({ outcome: "lost", reason: "the worker thread ended" });
    expect(await thread.run(job, deadlineMs)).toMatchObject({ outcome: "folded" });
  });

  test("bytes that are views of larger buffers arrive as they are, and stay with the caller", async () => {
    thread = new FoldThread(256);
    const large = new Uint8Array(1_000_000);
    const update = typed("view");
    large.set(update, 500);
    const view = Buffer.from(large.buffer, 500, update.length);
    const ran = await thread.run({ payload: null, updates: [view] }, deadlineMs);
    expect(hashOf(ran)).toBe(hex(foldDocument({ payload: null, updates: [update] })));
    expect(Uint8Array.from(view)).toEqual(update);
  });

  test("DU12 an update is compared with the document that was folded", async () => {
    thread = new FoldThread(256);
    const [one, other] = ["same", "else"].map((text) => {
      const doc = new Y.Doc();
      doc.clientID = 7;
      doc.getText("t").insert(0, text);
      return Y.encodeStateAsUpdate(doc);
    });
    const agrees = async (compared: Uint8Array | undefined) => {
      const ran = await thread.run(
        { payload: null, updates: [one ?? typed("")], compared: compared ?? typed("") },
        deadlineMs,
      );
      return ran.outcome === "folded" ? ran.folded.agrees : ran.reason;
    };
    expect([await agrees(one), await agrees(other)]).toEqual([true, false]);
  });

  test("what is large arrives whole and stays with the caller, a view or not, and so does the answer", async () => {
    thread = new FoldThread(256);
    const { payload } = foldDocument({ payload: null, updates: [typed("x".repeat(200_000))] });
    const expected = hex(foldDocument({ payload, updates: [] }));
    const view = new Uint8Array([7, ...payload]).subarray(1);
    for (const bytes of [payload, view]) {
      const ran = await thread.run({ payload: bytes, updates: [] }, deadlineMs);
      expect(hashOf(ran)).toBe(expected);
      expect(bytes).toHaveLength(payload.length);
      expect(ran.outcome === "folded" && Buffer.compare(ran.folded.payload, payload)).toBe(0);
    }
  });
});
