import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { Clash } from "./clash.ts";
import { Comparison } from "./comparison.ts";
import type { Context } from "./context.ts";
import { Coverage } from "./coverage.ts";
import { DropCounts } from "./drops.ts";
import type { LogEntry } from "./ports.ts";
import { type UpdateSummary, uploadLimits, validateUpdate } from "./validate-update.ts";
import { Writers } from "./writers.ts";

const client = 7;

function written(text: string): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("t").insert(0, text);
  return doc;
}

function summaryOf(update: Uint8Array): UpdateSummary {
  const checked = validateUpdate(update, uploadLimits);
  if (!checked.ok) throw new Error(checked.problem);
  return checked.summary;
}

function compared(doc: Y.Doc) {
  const session = "own" as never;
  const writers = new Writers(session);
  const clashes: Clash[] = [];
  const context = { doc, session, drops: new DropCounts() } as unknown as Context;
  const comparison = new Comparison(context, writers, (clash) => {
    clashes.push(clash);
    return false;
  });
  const read = (update: Uint8Array, from: string): void => {
    comparison.entry({ session: from, update } as unknown as LogEntry, summaryOf(update));
  };
  return { comparison, clashes, read, writers };
}

describe("what the log says, compared with what the document holds", () => {
  test("DU12 a snapshot is compared as entries are, once", () => {
    const doc = written("right");
    const theirs = written("rings");
    const { comparison, clashes } = compared(doc);
    const coverage = Coverage.fromSnapshot(Y.snapshot(theirs));
    comparison.snapshot(Y.encodeStateAsUpdateV2(theirs), coverage);
    expect(clashes).toEqual([{ client, clock: 2 }]);
    comparison.snapshot(Y.encodeStateAsUpdateV2(theirs), coverage);
    expect(clashes).toHaveLength(1);
  });

  test("DU12 a tombstone of the log's is compared too: it has a place", () => {
    const doc = new Y.Doc();
    doc.clientID = client;
    doc.getMap("m").set("k", "other");
    const { clashes, read } = compared(doc);
    const theirs = written("x");
    theirs.getText("t").delete(0, 1);
    read(Y.encodeStateAsUpdate(theirs), "another");
    expect(clashes).toEqual([{ client, clock: 0 }]);
  });

  test("DU12 an own entry is compared with nothing, and hides nothing that lies before it in the log", () => {
    const doc = written("right");
    const own = Y.encodeStateAsUpdate(doc);
    const { clashes, read } = compared(doc);
    read(Y.encodeStateAsUpdate(written("le")), "another");
    expect(clashes).toEqual([{ client, clock: 0 }]);
    read(own, "own");
    expect(clashes).toHaveLength(1);
    read(own, "another");
    expect(clashes).toHaveLength(1);
  });

  describe("whose words an update builds on", () => {
    /** A document in which another session's live words are, and what was typed and deleted in it. */
    function beside(edit: (text: Y.Text) => void) {
      const doc = written("theirs");
      doc.clientID = 8;
      const it = compared(doc);
      it.writers.bring(summaryOf(Y.encodeStateAsUpdate(doc)), "twin" as never, () => 0);
      const theirs = Y.encodeStateAsUpdate(doc);
      const before = Y.encodeStateVector(doc);
      edit(doc.getText("t"));
      return { ...it, theirs, own: Y.encodeStateAsUpdate(doc, before) };
    }

    test.each([
      ["after them", (text: Y.Text) => text.insert(6, "!")],
      ["between them", (text: Y.Text) => text.insert(3, "!")],
      ["before them", (text: Y.Text) => text.insert(0, "!")],
      ["deleting some", (text: Y.Text) => text.delete(2, 1)],
    ])("DU12 %s: they are named until the log has said them", (_how, edit) => {
      const { comparison, read, theirs, own } = beside(edit);
      expect(comparison.neighbours(own)).toEqual([{ client, session: "twin" }]);
      read(theirs, "twin");
      expect(comparison.neighbours(own)).toEqual([]);
    });

    test("DU12 adopted words go on from words of the same session; own ones are compared themselves", () => {
      const { comparison, writers } = beside((text) => text.insert(6, "!"));
      const longer = written("theirs");
      const before = Y.encodeStateVector(longer);
      longer.getText("t").insert(6, " too");
      const adopted = Y.encodeStateAsUpdate(longer, before);
      expect(comparison.neighbours(adopted)).toEqual([{ client, session: "twin" }]);
      const whole = written("theirs");
      whole.getText("t").delete(1, 1);
      expect(comparison.neighbours(Y.encodeStateAsUpdate(whole)), "all of it, in three structs").toEqual([]);
      writers.bring(summaryOf(adopted), "own" as never, () => 6);
      expect(comparison.neighbours(adopted)).toEqual([]);
    });
  });
});
