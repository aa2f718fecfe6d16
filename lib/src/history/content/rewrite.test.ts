import { describe, expect, test } from "vitest";
import { digestOf } from "y-webpubsub/core";
import * as Y from "yjs";
import { foldDocument } from "../../core/fold.ts";
import type { FoldJob } from "../../core/ports.ts";
import { perform } from "../tasks.ts";
import { rewriteDocument } from "./rewrite.ts";
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
    const people = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }));
    const uploads: Uint8Array[] = [];
    for (const doc of people) {
      doc.on("update", (update: Uint8Array, _origin, _doc, { local }: Y.Transaction) => local && uploads.push(update));
    }
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

function exchange(docs: readonly Y.Doc[]): void {
  for (const one of docs) for (const other of docs) Y.applyUpdate(one, Y.encodeStateAsUpdate(other));
}

type Random = (below: number) => number;

function randomOf(start: number): Random {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function edit(doc: Y.Doc, random: Random): void {
  const types = [doc.getText("t"), doc.getArray<unknown>("a"), doc.getMap<unknown>("m"), doc.getXmlFragment("x")];
  const type = types[random(types.length)];
  if (type) editType(type, random, 3);
}

function editType(type: unknown, random: Random, depth: number): void {
  if (type instanceof Y.XmlText || type instanceof Y.Text) editText(type, random);
  else if (type instanceof Y.Map) {
    const key = `k${random(5)}`;
    const inner = type.get(key);
    if (random(3) === 0) type.delete(key);
    else if (inner instanceof Y.AbstractType && random(3) > 0) editType(inner, random, depth - 1);
    else type.set(key, anyValue(random, depth));
  } else if (type instanceof Y.Array) {
    const at = random(type.length + 1);
    const inner = type.length > 0 ? type.get(random(type.length)) : null;
    if (random(3) === 0 && type.length > at) type.delete(at, 1 + random(Math.min(3, type.length - at)));
    else if (inner instanceof Y.AbstractType && random(2) === 0) editType(inner, random, depth - 1);
    else type.insert(at, [anyValue(random, depth), anyValue(random, depth)]);
  } else if (type instanceof Y.XmlFragment) editXml(type, random, depth);
}

function editXml(type: Y.XmlFragment, random: Random, depth: number): void {
  if (type instanceof Y.XmlElement && random(3) === 0) type.setAttribute(`a${random(3)}`, `v${random(9)}`);
  else if (type.length > 0 && random(3) === 0) type.delete(random(type.length), 1);
  else if (type.length > 0 && random(2) === 0) editType(type.get(random(type.length)), random, depth - 1);
  else
    type.insert(random(type.length + 1), [random(2) === 0 ? new Y.XmlText("xml") : new Y.XmlElement(`n${random(3)}`)]);
}

function editText(text: Y.Text, random: Random): void {
  const at = random(text.length + 1);
  const rest = text.length - at;
  switch (random(5)) {
    case 0:
      if (rest > 0) text.delete(at, 1 + random(rest));
      return;
    case 1:
      if (rest > 0) text.format(at, 1 + random(rest), { [`f${random(3)}`]: random(2) === 0 ? null : random(3) });
      return;
    case 2:
      text.insertEmbed(at, { n: random(9) });
      return;
    default:
      text.insert(at, ["abc", "défg", "😀😀", "x"][random(4)] ?? "", random(3) === 0 ? { [`f${random(3)}`]: 1 } : {});
  }
}

function anyValue(random: Random, depth: number): unknown {
  const kind = random(depth > 0 ? 8 : 5);
  if (kind === 5) return new Y.Map([["x", random(9)]]);
  if (kind === 6) return Y.Array.from([random(9), "s"]);
  if (kind === 7) return new Y.Text("nested");
  return [random(100), `s${random(9)}`, { a: [random(3)] }, Uint8Array.of(random(9)), null][kind];
}
