import { unreachable } from "y-webpubsub/core";
import * as Y from "yjs";
import { kindOf, type Shared } from "./kinds.ts";
import { entryOf, entryValue, keysOf, type Run, runsOf, textOf, valuesOf } from "./runs.ts";

/** A new type with the same content, for another place or another document. */
export function cloneType(type: Shared): Shared {
  const kind = kindOf(type) ?? "map";
  switch (kind) {
    case "map":
      return withEntries(new Y.Map<unknown>(), type);
    case "xml-hook":
      return withEntries(new Y.XmlHook(type instanceof Y.XmlHook ? type.hookName : ""), type);
    case "array": {
      const copy = new Y.Array<unknown>();
      copy.push(runsOf(type).flatMap(valuesOf).map(cloneValue));
      return copy;
    }
    case "text":
      return withText(new Y.Text(), type);
    case "xml-text":
      return withText(new Y.XmlText(), type);
    case "xml-fragment":
      return withChildren(new Y.XmlFragment(), type);
    case "xml-element": {
      const copy = new Y.XmlElement(type instanceof Y.XmlElement ? type.nodeName : "");
      for (const [key, value] of entriesOf(type)) setXmlAttribute(copy, key, value);
      return withChildren(copy, type);
    }
    default:
      throw unreachable(kind);
  }
}

/** Types and sub-documents are made anew, plain values are taken as they are. */
export function cloneValue(value: unknown): unknown {
  if (value instanceof Y.AbstractType) return cloneType(value);
  if (value instanceof Y.Doc) return cloneDocument(value);
  return value;
}

/** The operations that type a run into a text. */
export function insertsOf(run: Run): readonly { readonly insert: unknown; readonly attributes: object }[] {
  const text = textOf(run);
  const values = text === null ? valuesOf(run).map(cloneValue) : [text];
  return values.map((insert) => ({ insert, attributes: { ...run.attributes } }));
}

/** The same sub-document: its content is its own document's, and stays. */
function cloneDocument({ guid, meta, autoLoad, gc, collectionid }: Y.Doc): Y.Doc {
  return new Y.Doc({ guid, meta, autoLoad, gc, collectionid });
}

function entriesOf(type: Shared): readonly (readonly [string, unknown])[] {
  return keysOf(type).flatMap((key) => {
    const item = entryOf(type, key);
    return item === null ? [] : [[key, cloneValue(entryValue(item))] as const];
  });
}

function withEntries<T extends Y.Map<unknown>>(copy: T, type: Shared): T {
  for (const [key, value] of entriesOf(type)) copy.set(key, value);
  return copy;
}

function withText<T extends Y.Text>(copy: T, type: Shared): T {
  copy.applyDelta(runsOf(type).flatMap(insertsOf));
  for (const [key, value] of entriesOf(type)) copy.setAttribute(key, value);
  return copy;
}

function withChildren<T extends Y.XmlFragment>(copy: T, type: Shared): T {
  copy.insert(0, xmlOf(runsOf(type).flatMap(valuesOf)));
  return copy;
}

/** XML holds elements and texts only. */
export function xmlOf(values: readonly unknown[]): (Y.XmlElement | Y.XmlText)[] {
  return values.flatMap((value) => {
    const copy = cloneValue(value);
    return copy instanceof Y.XmlElement || copy instanceof Y.XmlText ? [copy] : [];
  });
}

/** Yjs keeps any value; its types say strings. */
export function setXmlAttribute(element: Y.XmlElement, key: string, value: unknown): void {
  element.setAttribute(key, value as string);
}
