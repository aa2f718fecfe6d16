import { describe, expect, test } from "vitest";
import { digestOf } from "y-webpubsub/core";
import * as Y from "yjs";
import { foldDocument } from "../../core/fold.ts";
import type { FoldJob } from "../../core/ports.ts";
import { perform } from "../tasks.ts";
import { rewriteDocument } from "./rewrite.ts";
import { edit, exchange, peopleWritingInto, randomOf } from "./testing/random-edits.ts";
import { documentToJson, type Json } from "./to-json.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

/** Makes of what `now` holds what `then` held, as an edit, and answers the edit. */
function restored(now: Y.Doc, then: Y.Doc): { readonly doc: Y.Doc; readonly update: Uint8Array } {
  const doc = copyOf(now);
  doc.clientID = 4_000;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  doc.transact(() => rewriteDocument(doc, copyOf(then), "history"));
  return { doc, update: Y.mergeUpdates(updates) };
}

function shown(doc: Y.Doc): Json {
  return documentToJson(copyOf(doc));
}

function expectRestored(now: Y.Doc, then: Y.Doc): Uint8Array {
  const wanted = shown(then);
  const { doc, update } = restored(now, then);
  expect(shown(doc)).toEqual(wanted);
  // The edit alone does the same to a replica that has what the server has.
  const replica = copyOf(now);
  Y.applyUpdate(replica, update);
  expect(shown(replica)).toEqual(wanted);
  return update;
}

describe("HI4 a restore is a forward edit", () => {
  test("text: what was deleted comes back, what was added goes, what stayed keeps its ids", () => {
    const doc = new Y.Doc();
    const text = doc.getText("t");
    text.insert(0, "the quick brown fox");
    const then = copyOf(doc);
    text.delete(4, 6);
    text.insert(4, "slow ");
    text.insert(text.length, " jumps");
    const stays = Y.createRelativePositionFromTypeIndex(text, text.length - 8);
    const { doc: after } = restored(doc, then);
    expect(after.getText("t").toString()).toBe("the quick brown fox");
    const position = Y.createAbsolutePositionFromRelativePosition(stays, after);
    expect(position?.index).toBe("the quick brown f".length);
    expectRestored(doc, then);
  });

  test("formats and embeds of a text", () => {
    const doc = new Y.Doc();
    const text = doc.getText("t");
    text.applyDelta([
      { insert: "plain " },
      { insert: "bold", attributes: { bold: true } },
      { insert: { image: "a.png" }, attributes: { width: 10 } },
      { insert: " end" },
    ]);
    const then = copyOf(doc);
    text.format(0, 8, { italic: true });
    text.format(6, 4, { bold: null });
    text.delete(10, 1);
    text.insertEmbed(3, { image: "b.png" });
    expectRestored(doc, then);
  });

  test("maps: overwritten, removed, added and nested values", () => {
    const doc = new Y.Doc();
    const map = doc.getMap("m");
    const inner = new Y.Map<unknown>([["x", 1]]);
    map.set("inner", inner);
    map.set("kept", { a: [1, 2] });
    map.set("bytes", Uint8Array.of(1, 2));
    map.set("list", Y.Array.from(["a", "b"]));
    const then = copyOf(doc);
    inner.set("x", 2);
    inner.set("y", 3);
    map.delete("bytes");
    map.set("list", "now a string");
    map.set("new", new Y.Map([["z", 1]]));
    const update = expectRestored(doc, then);
    // The type that stayed is edited within, not replaced.
    expect(Y.decodeUpdate(update).structs.every((struct) => struct.id.client === 4_000)).toBe(true);
  });

  test("arrays: moved pieces, nested types, holes", () => {
    const doc = new Y.Doc();
    const array = doc.getArray<unknown>("a");
    array.push(["a", 1, null, true, { deep: { er: 1 } }, Uint8Array.of(9), new Y.Map([["k", "v"]]), "z"]);
    const then = copyOf(doc);
    array.delete(1, 3);
    array.insert(0, ["new", "newer"]);
    array.delete(array.length - 2, 1);
    array.push([new Y.Text("hello")]);
    expectRestored(doc, then);
  });

  test("XML: attributes, children, text in them", () => {
    const doc = new Y.Doc();
    const fragment = doc.getXmlFragment("x");
    const paragraph = new Y.XmlElement("p");
    paragraph.setAttribute("class", "lead");
    paragraph.insert(0, [new Y.XmlText("hello")]);
    fragment.insert(0, [paragraph, new Y.XmlElement("hr")]);
    const then = copyOf(doc);
    paragraph.setAttribute("class", "small");
    paragraph.setAttribute("id", "7");
    const first = paragraph.get(0);
    if (first instanceof Y.XmlText) first.insert(5, " world", { bold: true });
    fragment.delete(1, 1);
    fragment.insert(0, [new Y.XmlElement("h1")]);
    expectRestored(doc, then);
  });

  test("sub-documents stay the same documents", () => {
    const doc = new Y.Doc();
    const map = doc.getMap("m");
    map.set("gone", new Y.Doc({ guid: "one" }));
    map.set("stays", new Y.Doc({ guid: "two" }));
    const then = copyOf(doc);
    map.delete("gone");
    const { doc: after } = restored(doc, then);
    const guids = ["gone", "stays"].map((key) => {
      const found = after.getMap("m").get(key);
      return found instanceof Y.Doc ? found.guid : null;
    });
    expect(guids).toEqual(["one", "two"]);
  });

  test("what shows the same already costs nothing, also after another restore", () => {
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "hello world");
    doc.getArray("a").push([1, 2, 3]);
    const then = copyOf(doc);
    doc.getText("t").delete(0, 6);
    doc.getArray("a").delete(0, 3);
    const { doc: once } = restored(doc, then);
    const again = copyOf(once);
    const updates: Uint8Array[] = [];
    again.on("update", (update: Uint8Array) => updates.push(update));
    again.transact(() => rewriteDocument(again, copyOf(then), "history"));
    expect(updates).toEqual([]);
  });

  test("one change of one shape among 2,000 costs one change", () => {
    const doc = new Y.Doc();
    const shapes = doc.getMap<Y.Map<unknown>>("shapes");
    doc.transact(() => {
      for (let at = 0; at < 2_000; at++) shapes.set(`shape ${at}`, new Y.Map<unknown>([["x", at]]));
    });
    const then = copyOf(doc);
    shapes.get("shape 7")?.set("x", -1);
    expect(expectRestored(doc, then).length).toBeLessThan(60);
  });

  test("what others type meanwhile is kept", () => {
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "one two three");
    const then = copyOf(doc);
    doc.getText("t").delete(0, 4);
    const editor = copyOf(doc);
    const { update } = restored(doc, then);
    editor.getText("t").insert(editor.getText("t").length, " and more");
    Y.applyUpdate(editor, update);
    expect(editor.getText("t").toString()).toBe("one two three and more");
  });

  test(`any version of a document that three people edit at random (seed ${seed})`, { timeout: 60_000 }, () => {
    for (let round = 0; round < 60; round++) {
      const random = randomOf(seed + round);
      const people = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }));
      const versions: Y.Doc[] = [];
      for (let step = 0; step < 60; step++) {
        const doc = people[random(3)];
        if (!doc) break;
        doc.transact(() => edit(doc, random));
        if (step % 7 === 0) exchange(people);
        if (step % 13 === 0) versions.push(copyOf(doc));
      }
      exchange(people);
      const now = people[0] ?? new Y.Doc();
      for (const then of versions) expectRestored(now, then);
    }
  });
});

test(`HI2 a version that is joined of its parts is what it is when it is opened (seed ${seed})`, {
  timeout: 60_000,
}, () => {
  for (let round = 0; round < 40; round++) {
    const random = randomOf(seed + 1_000 + round);
    const uploads: Uint8Array[] = [];
    const people = peopleWritingInto(uploads);
    for (let step = 0; step < 50; step++) {
      const doc = people[random(3)];
      if (doc) doc.transact(() => edit(doc, random));
      if (step % 7 === 0) exchange(people);
    }
    const folded = random(uploads.length + 1);
    const payload = folded === 0 ? null : foldDocument({ payload: null, updates: uploads.slice(0, folded) }).payload;
    const at = { payload, updates: uploads.slice(folded, folded + random(uploads.length - folded + 1)) };
    const [opened, joined] = [false, true].map((settled) => contentOf(at, settled));
    expect(joined).toEqual(opened);
  }
});

/** What whoever gets it sees, and what that document holds. */
function contentOf(at: FoldJob, settled: boolean): readonly string[] {
  const { parts } = perform({ type: "content", at, format: "update", settled });
  const shown = perform({ type: "content", at: { payload: null, updates: parts }, format: "json" });
  const doc = new Y.Doc();
  for (const part of parts) Y.applyUpdate(doc, part);
  return [Buffer.concat(shown.parts).toString(), Buffer.from(digestOf(doc)).toString("hex")];
}
