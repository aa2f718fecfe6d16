import { expect, test } from "vitest";
import * as Y from "yjs";
import { foldDocument } from "../core/fold.ts";
import type { FoldJob } from "../core/ports.ts";
import { edit, exchange, peopleWritingInto, randomOf } from "./content/testing/random-edits.ts";
import { Shelf } from "./shelf.ts";
import { perform, performWith, type Task } from "./tasks.ts";

const seed = Number(process.env["SEED"] ?? 20261121);
const limits = { documentsMax: 2, bytesMax: 1_000_000 };

function typed(text: string, client = 7): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("t").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

function jobOf(...updates: readonly Uint8Array[]): FoldJob {
  return { payload: null, updates };
}

/** Which document whoever looks is given. */
function lookedAt(shelf: Shelf, job: FoldJob): Y.Doc {
  return shelf.look(job, "look", (doc) => doc);
}

function jsonOf(at: FoldJob, shelf?: Shelf): string {
  const task = { type: "content", at, format: "json" } as const;
  const [json = new Uint8Array()] = (shelf ? performWith(task, shelf) : perform(task)).parts;
  return new TextDecoder().decode(json);
}

test(`HI4 a kept document makes the same edit as one that was just opened (seed ${seed})`, { timeout: 60_000 }, () => {
  for (let round = 0; round < 12; round++) {
    const random = randomOf(seed + 2_000 + round);
    const log: Uint8Array[] = [];
    const people = peopleWritingInto(log);
    const write = (steps: number) => {
      for (let step = 0; step < steps; step++) {
        const doc = people[random(3)];
        if (doc) doc.transact(() => edit(doc, random));
        if (step % 5 === 0) exchange(people);
      }
      exchange(people);
    };
    write(40);
    const folded = random(log.length);
    const payload = folded === 0 ? null : foldDocument(jobOf(...log.slice(0, folded))).payload;
    const shelf = new Shelf(limits);
    for (let time = 0; time < 4; time++) {
      const now = { payload, updates: log.slice(folded) };
      const wanted = { payload, updates: now.updates.slice(0, random(now.updates.length + 1)) };
      const as = { client: 4_000 + time, partBytesMax: 1_000_000 };
      const task: Task = { type: "restore", now, wanted, settled: random(2) === 0, edit: as };
      const { parts } = performWith(task, shelf);
      const after = (added: readonly Uint8Array[]): FoldJob => ({ payload, updates: [...now.updates, ...added] });
      expect(jsonOf(after(parts))).toBe(jsonOf(after(perform(task).parts)));
      expect(jsonOf(after(parts), shelf)).toBe(jsonOf(after(parts)));
      // There is nothing left to change.
      expect(perform({ ...task, now: after(parts) }).parts).toEqual([]);
      for (const doc of people) for (const part of parts) Y.applyUpdate(doc, part, "server");
      log.push(...parts);
      if (random(2) === 0) write(5);
    }
  }
});

test("the same bytes are the same document, and what goes on from them goes on with it", () => {
  const shelf = new Shelf(limits);
  const first = lookedAt(shelf, jobOf(typed("one")));
  expect(lookedAt(shelf, jobOf(typed("one")))).toBe(first);
  expect(lookedAt(shelf, jobOf(typed("one"), typed("two", 8)))).toBe(first);
  expect([first.getText("t").toString(), shelf.size]).toEqual(["onetwo", 1]);
  // It has gone on: what was before is another one.
  const again = lookedAt(shelf, jobOf(typed("one")));
  expect([again === first, again.getText("t").toString(), shelf.size]).toEqual([false, "one", 2]);
  // Twice at once is two documents, of which one is kept.
  const both = new Shelf(limits);
  const job = jobOf(typed("one"));
  const [inner, outer] = both.look(job, "look", (doc) => [lookedAt(both, job), doc]);
  expect([inner === outer, both.size, lookedAt(both, job) === outer]).toEqual([false, 1, true]);
});

test("an edit that was not written leaves a document that nobody gets", () => {
  const shelf = new Shelf(limits);
  const before = jobOf(typed("now"));
  const as = { client: 9, partBytesMax: 1_000 };
  const { parts } = performWith({ type: "restore", now: before, wanted: jobOf(), edit: as }, shelf);
  expect(parts.length).toBe(1);
  expect(jsonOf(before, shelf)).toContain('"insert":"now"');
  expect(jsonOf(jobOf(...before.updates, ...parts), shelf)).toBe(jsonOf(jobOf(...before.updates, ...parts)));
});

test("what kind a top-level type has is found out anew each time", () => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  doc.getText("root").insertEmbed(0, new Y.XmlElement("p"));
  const types = jobOf(...updates);
  doc.getText("root").insert(1, "text");
  const shelf = new Shelf(limits);
  expect(jsonOf(types, shelf)).toBe(jsonOf(types));
  const all = jobOf(...updates);
  expect(jsonOf(all, shelf)).toBe(jsonOf(all));
  expect(jsonOf(all)).toContain("text");
});

test("what could not be opened whole, or failed in somebody's hands, is not kept", () => {
  const shelf = new Shelf(limits);
  const whole = jobOf(typed("one"));
  const bad = Uint8Array.of(1, 1, 1, 99);
  lookedAt(shelf, whole);
  expect(jsonOf(jobOf(...whole.updates, bad), shelf)).toBe(jsonOf(whole));
  expect(shelf.size).toBe(0);
  lookedAt(shelf, whole);
  const fail = () => {
    throw new Error("in the middle of it");
  };
  expect(() => shelf.edit(whole, "look", fail)).toThrow("in the middle of it");
  expect(shelf.size).toBe(0);
});

test("few are kept, and none that is large", () => {
  const shelf = new Shelf({ documentsMax: 2, bytesMax: 1_000 });
  const jobs = ["a", "b", "c"].map((text) => jobOf(typed(text)));
  const docs = jobs.map((job) => lookedAt(shelf, job));
  expect(shelf.size).toBe(2);
  expect(jobs.slice(1).map((job) => lookedAt(shelf, job))).toEqual(docs.slice(1));
  expect(lookedAt(shelf, jobs[0] ?? jobOf())).not.toBe(docs[0]);
  const grown = shelf.edit(jobs[2] ?? jobOf(), "look", () => [new Uint8Array(1_000)]);
  expect([grown.length, shelf.size]).toEqual([1, 1]);
  // It needs the room itself.
  lookedAt(shelf, jobOf(typed("x".repeat(2_000))));
  expect(shelf.size).toBe(0);
  lookedAt(shelf, jobOf());
  shelf.clear();
  expect(shelf.size).toBe(0);
});
