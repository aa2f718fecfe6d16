import { unreachable } from "y-webpubsub/core";
import * as Y from "yjs";

/** Any shared type, as its items lie in it. */
export interface Shared {
  readonly _start: Y.Item | null;
  readonly _map: ReadonlyMap<string, Y.Item>;
}

export type Kind = "map" | "array" | "text" | "xml-fragment" | "xml-element" | "xml-text" | "xml-hook";

/** Null: a top-level type that nobody has named a kind for. */
export function kindOf(type: Shared): Kind | null {
  if (type instanceof Y.XmlText) return "xml-text";
  if (type instanceof Y.Text) return "text";
  if (type instanceof Y.XmlHook) return "xml-hook";
  if (type instanceof Y.Map) return "map";
  if (type instanceof Y.XmlElement) return "xml-element";
  if (type instanceof Y.XmlFragment) return "xml-fragment";
  if (type instanceof Y.Array) return "array";
  return null;
}

/**
 * The top-level types of documents that are versions of one another. Updates do not say what kind a top-level type has:
 * it is read from what any of the documents holds in it. Names that hold nothing anywhere are left out.
 */
export function rootsOf(docs: readonly Y.Doc[]): ReadonlyMap<string, Kind> {
  const roots = new Map<string, Kind>();
  const names = new Set(docs.flatMap((doc) => [...doc.share.keys()]));
  for (const name of [...names].sort()) {
    const types = docs.flatMap((doc) => doc.share.get(name) ?? []);
    const kind = types.map(kindOf).find((known) => known !== null) ?? guess(types);
    if (kind !== null) roots.set(name, kind);
  }
  return roots;
}

/** The same name in one document, as that kind. */
export function rootAs(doc: Y.Doc, name: string, kind: Kind): Shared {
  switch (kind) {
    case "map":
    case "xml-hook":
      return doc.getMap(name);
    case "array":
      return doc.getArray(name);
    case "text":
    case "xml-text":
      return doc.getText(name);
    case "xml-fragment":
      return doc.getXmlFragment(name);
    case "xml-element":
      return doc.getXmlElement(name);
    default:
      throw unreachable(kind);
  }
}

/**
 * Text if anything in it is of text; XML if all of it is; else an array if it has a list, or a map. A list of XML with
 * entries by key is a text with embedded elements, as some editors keep their root.
 */
function guess(types: readonly Shared[]): Kind | null {
  let list: Kind | null = null;
  for (const type of types) {
    for (let item = type._start; item !== null; item = item.right) {
      const { content } = item;
      if (isOfText(content)) return "text";
      if (content instanceof Y.ContentDeleted) continue;
      const isXml = content instanceof Y.ContentType && isXmlType(content.type);
      if (!isXml) list = "array";
      else list ??= "xml-fragment";
    }
  }
  const keyed = types.some((type) => type._map.size > 0);
  if (list === null) return keyed ? "map" : null;
  return keyed && list === "xml-fragment" ? "text" : list;
}

function isOfText(content: Y.Item["content"]): boolean {
  return content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed;
}

function isXmlType(type: Shared): boolean {
  return type instanceof Y.XmlElement || type instanceof Y.XmlText || type instanceof Y.XmlHook;
}
