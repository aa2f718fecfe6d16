import { unreachable } from "y-webpubsub/core";
import * as Y from "yjs";
import { align, type Manner, type Step } from "./align.ts";
import { cloneValue, insertsOf, setXmlAttribute, xmlOf } from "./clone.ts";
import { kindOf, rootAs, rootsOf, type Shared } from "./kinds.ts";
import { attributeChange, entryOf, entryValue, runsOf, typeOf, valuesOf } from "./runs.ts";
import { nameOf, sameValue } from "./same.ts";

/**
 * HI4: edits `doc` until it shows what `wanted` shows, with as few operations as there are differences. What both have
 * stays where it is, with its ids; the rest is deleted and written anew. Call it within one transaction.
 */
export function rewriteDocument(doc: Y.Doc, wanted: Y.Doc, manner: Manner): void {
  for (const [name, kind] of rootsOf([doc, wanted])) {
    rewriteType(rootAs(doc, name, kind), rootAs(wanted, name, kind), manner);
  }
}

function rewriteType(type: Shared, wanted: Shared, manner: Manner): void {
  // Most types are maps, which have no list.
  const isKeyed = type._start === null && wanted._start === null;
  const steps = isKeyed ? [] : align(runsOf(type), runsOf(wanted), manner);
  const within = steps.flatMap((step) => pairOf(step));
  if (type instanceof Y.Text) rewriteText(type, steps);
  else if (type instanceof Y.Array) rewriteList(steps, editArray(type));
  else if (type instanceof Y.XmlFragment) rewriteList(steps, editXml(type));
  rewriteEntries(type, wanted, manner);
  for (const [one, other] of within) rewriteType(one, other, manner);
}

function pairOf(step: Step): readonly (readonly [Shared, Shared])[] {
  if (step.step !== "both") return [];
  const [one, other] = [typeOf(step.from), typeOf(step.to)];
  return one !== null && other !== null ? [[one, other]] : [];
}

function rewriteText(text: Y.Text, steps: readonly Step[]): void {
  const operations = steps.flatMap((step): readonly object[] => {
    switch (step.step) {
      case "both": {
        const attributes = attributeChange(step.from.attributes, step.to.attributes);
        return [attributes === null ? { retain: step.from.length } : { retain: step.from.length, attributes }];
      }
      case "removed":
        return [{ delete: step.from.length }];
      case "added":
        return insertsOf(step.to);
      default:
        throw unreachable(step);
    }
  });
  if (operations.some((operation) => !("retain" in operation) || "attributes" in operation)) {
    text.applyDelta(operations);
  }
}

interface ListEditor {
  remove(index: number, length: number): void;
  insert(index: number, values: readonly unknown[]): void;
}

function editArray(array: Y.Array<unknown>): ListEditor {
  return {
    remove: (index, length) => array.delete(index, length),
    insert: (index, values) => array.insert(index, values.map(cloneValue)),
  };
}

function editXml(fragment: Y.XmlFragment): ListEditor {
  return {
    remove: (index, length) => fragment.delete(index, length),
    insert: (index, values) => fragment.insert(index, xmlOf(values)),
  };
}

/** Neighbouring steps of one kind are one operation: Yjs seeks the index for each. */
function rewriteList(steps: readonly Step[], editor: ListEditor): void {
  let index = 0;
  let removing = 0;
  let adding: unknown[] = [];
  const flush = () => {
    if (removing > 0) editor.remove(index, removing);
    if (adding.length > 0) editor.insert(index, adding);
    index += adding.length;
    removing = 0;
    adding = [];
  };
  for (const step of steps) {
    if (step.step === "removed") removing += step.from.length;
    else if (step.step === "added") adding.push(...valuesOf(step.to));
    else {
      flush();
      index += step.from.length;
    }
  }
  flush();
}

function rewriteEntries(type: Shared, wanted: Shared, manner: Manner): void {
  // Most types of a large document are the same in both: nothing is allocated to find that out.
  const gone: [string, Y.Item][] = [];
  const open: [string, Y.Item][] = [];
  for (const [key, item] of type._map) if (!item.deleted && entryOf(wanted, key) === null) gone.push([key, item]);
  for (const [key, item] of wanted._map) {
    if (!item.deleted && !isUntouched(entryOf(type, key), item, manner)) open.push([key, item]);
  }
  if (gone.length === 0 && open.length === 0) return;
  const editor = entryEditor(type);
  if (editor === null) return;
  for (const [key] of gone.sort(byKey)) editor.remove(key);
  for (const [key, then] of open.sort(byKey)) {
    const now = entryOf(type, key);
    const value = entryValue(then);
    if (now === null) editor.set(key, cloneValue(value));
    else if (isSame(now, then, manner)) {
      const [one, other] = [typeOf(now), typeOf(then)];
      if (one !== null && other !== null) rewriteType(one, other, manner);
    } else if (!sameValue(entryValue(now), value)) editor.set(key, cloneValue(value));
  }
}

/** What is written does not depend on the order in which entries came. */
function byKey([one]: readonly [string, Y.Item], [other]: readonly [string, Y.Item]): number {
  return one < other ? -1 : 1;
}

/** Nearly all entries: the same item, with nothing in it that could differ. */
function isUntouched(now: Y.Item | null, then: Y.Item, manner: Manner): boolean {
  return now !== null && typeOf(then) === null && manner === "history" && isSame(now, then, manner);
}

/** The same thing at a key: by the id of its last value, or, when only content counts, types of one kind. */
function isSame(now: Y.Item, then: Y.Item, manner: Manner): boolean {
  if (manner === "history")
    return now.id.client === then.id.client && now.id.clock + now.length === then.id.clock + then.length;
  const [one, other] = [typeOf(now), typeOf(then)];
  return one !== null && other !== null && kindOf(one) === kindOf(other) && nameOf(one) === nameOf(other);
}

interface EntryEditor {
  remove(key: string): void;
  set(key: string, value: unknown): void;
}

function entryEditor(type: Shared): EntryEditor | null {
  if (type instanceof Y.Map) return { remove: (key) => type.delete(key), set: (key, value) => type.set(key, value) };
  if (type instanceof Y.Text)
    return { remove: (key) => type.removeAttribute(key), set: (key, value) => type.setAttribute(key, value) };
  if (!(type instanceof Y.XmlElement)) return null;
  const element: Y.XmlElement = type;
  return { remove: (key) => element.removeAttribute(key), set: (key, value) => setXmlAttribute(element, key, value) };
}
