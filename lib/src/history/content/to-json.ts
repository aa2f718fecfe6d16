import { unreachable } from "y-webpubsub/core";
import * as Y from "yjs";
import { type Kind, kindOf, rootAs, rootsOf, type Shared } from "./kinds.ts";
import { entryOf, entryValue, keysOf, type Run, runsOf, textOf, valuesOf } from "./runs.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** docs/documents-api.md, JSON: every shared type is an object with `$type`; all else is plain. */
export function documentToJson(doc: Y.Doc): Json {
  const roots = [...rootsOf([doc])].map(([name, kind]) => [name, rootAs(doc, name, kind), kind] as const);
  return Object.fromEntries(
    roots.flatMap(([name, type, kind]) => (isEmpty(type) ? [] : [[name, typeToJson(type, kind)]])),
  );
}

/** Shows nothing: then which kind it is, and whether it is there at all, says nothing either. */
function isEmpty(type: Shared): boolean {
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted && item.countable) return false;
  return keysOf(type).length === 0;
}

export function typeToJson(type: Shared, kind: Kind = kindOf(type) ?? "map"): Json {
  switch (kind) {
    case "map":
      return { $type: kind, entries: entriesToJson(type) };
    case "xml-hook":
      return { $type: kind, name: type instanceof Y.XmlHook ? type.hookName : "", entries: entriesToJson(type) };
    case "array":
      return { $type: kind, items: childrenToJson(type) };
    case "text":
    case "xml-text":
      return { $type: kind, delta: deltaToJson(runsOf(type)), attributes: entriesToJson(type) };
    case "xml-fragment":
      return { $type: kind, children: childrenToJson(type) };
    case "xml-element": {
      const name = type instanceof Y.XmlElement ? type.nodeName : "";
      return { $type: kind, name, attributes: entriesToJson(type), children: childrenToJson(type) };
    }
    default:
      throw unreachable(kind);
  }
}

/** Values that JSON cannot say are objects with `$type` as well, and so are objects that have such a key. */
export function valueToJson(value: unknown): Json {
  if (value instanceof Y.AbstractType) return typeToJson(value);
  if (value instanceof Y.Doc) return { $type: "document", guid: value.guid };
  if (value instanceof Uint8Array) return { $type: "binary", base64: Buffer.from(value).toString("base64") };
  if (typeof value === "bigint") return { $type: "bigint", value: String(value) };
  if (typeof value === "number") return numberToJson(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(valueToJson);
  if (typeof value !== "object") return { $type: "undefined" };
  const entries = Object.entries(value).map(([key, inner]) => [key, valueToJson(inner)] as const);
  return "$type" in value ? { $type: "object", entries } : Object.fromEntries(entries);
}

/** Characters with the same formats together. */
export function deltaToJson(runs: readonly Run[]): readonly Json[] {
  const delta: { insert: Json; readonly attributes?: Json }[] = [];
  for (const run of runs) {
    const attributes = valueToJson(run.attributes);
    const formats = Object.keys(run.attributes).length > 0 ? { attributes } : {};
    const text = textOf(run);
    if (text === null) {
      for (const value of valuesOf(run)) delta.push({ insert: { $embed: valueToJson(value) }, ...formats });
      continue;
    }
    const last = delta.at(-1);
    const isSame = last && typeof last.insert === "string" && same(last.attributes, formats.attributes);
    if (isSame && typeof last.insert === "string") last.insert += text;
    else delta.push({ insert: text, ...formats });
  }
  return delta;
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function entriesToJson(type: Shared): Json {
  const entries = keysOf(type).flatMap((key) => {
    const item = entryOf(type, key);
    return item === null ? [] : [[key, valueToJson(entryValue(item))] as const];
  });
  return Object.fromEntries(entries);
}

function childrenToJson(type: Shared): readonly Json[] {
  return runsOf(type).flatMap(valuesOf).map(valueToJson);
}

function numberToJson(value: number): Json {
  return Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : { $type: "number", value: Object.is(value, -0) ? "-0" : String(value) };
}
