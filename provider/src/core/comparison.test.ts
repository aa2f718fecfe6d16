import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { Clash } from "./clash.ts";
import { Comparison } from "./comparison.ts";
import type { Context } from "./context.ts";
import { Coverage } from "./coverage.ts";
import { DropCounts } from "./drops.ts";
import type { LogEntry } from "./ports.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";
import { Writers } from "./writers.ts";

const client = 7;

function written(text: string): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("t").insert(0, text);
  return doc;
}

function compared(doc: Y.Doc) {
  const session = "own" as never;
  const clashes: Clash[] = [];
  const context = { doc, session, drops: new DropCounts() } as unknown as Context;
  const comparison = new Comparison(context, new Writers(session), (clash) => {
    clashes.push(clash);
    return false;
  });
  const read = (update: Uint8Array, from: string): void => {
    const checked = validateUpdate(update, uploadLimits);
    if (!checked.ok) throw new Error(checked.problem);
    comparison.entry({ session: from, update } as unknown as LogEntry, checked.summary);
  };
  return { comparison, clashes, read };
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
});
