import type { Decoded } from "y-webpubsub/core";
import * as Y from "yjs";
import { setXmlAttribute } from "./clone.ts";
import { type Kind, rootAs } from "./kinds.ts";

/** A document that shows what the JSON says, or where the JSON goes wrong. */
export function documentFromJson(json: unknown): Decoded<Y.Doc> {
  const reader = new JsonReader();
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const [name, value] of reader.object(json, "the document")) reader.root(doc, name, value);
  });
  return reader.problem === null ? { ok: true, value: doc } : { ok: false, problem: reader.problem };
}

type Fields = ReadonlyMap<string, unknown>;
interface Operation {
  readonly insert: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const rootKinds: ReadonlySet<string> = new Set(["map", "array", "text", "xml-fragment"] satisfies Kind[]);
const specialNumbers = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** The first problem sticks; what is read after it does not matter. */
class JsonReader {
  problem: string | null = null;

  root(doc: Y.Doc, name: string, json: unknown): void {
    const fields = this.object(json, name);
    const kind = fields.get("$type");
    if (!isRootKind(kind)) {
      this.fail(name, 'needs "$type": "map", "array", "text" or "xml-fragment"');
      return;
    }
    const type = rootAs(doc, name, kind);
    if (type instanceof Y.Map) this.entries(type, fields, name);
    else if (type instanceof Y.Array) type.push([...this.values(fields.get("items"), name)]);
    else if (type instanceof Y.Text) this.text(type, fields, name);
    else if (type instanceof Y.XmlFragment) type.insert(0, [...this.children(fields, name)]);
  }

  object(json: unknown, where: string): Fields {
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return new Map(Object.entries(json));
    this.fail(where, "must be an object");
    return new Map();
  }

  private value(json: unknown, where: string): unknown {
    if (Array.isArray(json)) return json.map((inner, index) => this.value(inner, `${where}[${index}]`));
    if (typeof json !== "object" || json === null) return json;
    const fields = this.object(json, where);
    if (fields.has("$type")) return this.special(fields, where);
    return Object.fromEntries([...fields].map(([key, inner]) => [key, this.value(inner, `${where}.${key}`)]));
  }

  private special(fields: Fields, where: string): unknown {
    const name = fields.get("$type");
    switch (name) {
      case "map":
        return this.entries(new Y.Map<unknown>(), fields, where);
      case "xml-hook":
        return this.entries(new Y.XmlHook(this.string(fields, "name", where)), fields, where);
      case "array": {
        const array = new Y.Array<unknown>();
        array.push(this.values(fields.get("items"), where));
        return array;
      }
      case "text":
        return this.text(new Y.Text(), fields, where);
      case "xml-text":
        return this.text(new Y.XmlText(), fields, where);
      case "xml-fragment":
        return this.withChildren(new Y.XmlFragment(), fields, where);
      case "xml-element":
        return this.element(fields, where);
      case "document":
        return new Y.Doc({ guid: this.string(fields, "guid", where) });
      case "binary":
        return new Uint8Array(Buffer.from(this.string(fields, "base64", where), "base64"));
      case "bigint":
        return this.bigint(this.string(fields, "value", where), where);
      case "number":
        return specialNumbers.get(this.string(fields, "value", where)) ?? this.fail(where, "is no such number");
      case "undefined":
        return undefined;
      case "object":
        return this.plainObject(fields.get("entries"), where);
      default:
        return this.fail(where, "has an unknown $type");
    }
  }

  private entries<T extends Y.Map<unknown>>(map: T, fields: Fields, where: string): T {
    for (const [key, json] of this.object(fields.get("entries") ?? {}, where)) {
      map.set(key, this.value(json, `${where}.${key}`));
    }
    return map;
  }

  private values(json: unknown, where: string): unknown[] {
    if (json === undefined) return [];
    if (Array.isArray(json)) return json.map((inner, index) => this.value(inner, `${where}[${index}]`));
    this.fail(where, "needs a list");
    return [];
  }

  private text<T extends Y.Text>(text: T, fields: Fields, where: string): T {
    const delta = fields.get("delta") ?? [];
    if (!Array.isArray(delta)) this.fail(where, "needs `delta`, a list");
    else text.applyDelta(delta.map((json, index) => this.operation(json, `${where}[${index}]`)));
    for (const [key, json] of this.object(fields.get("attributes") ?? {}, where)) {
      text.setAttribute(key, this.value(json, `${where}.${key}`));
    }
    return text;
  }

  private operation(json: unknown, where: string): Operation {
    const fields = this.object(json, where);
    const attributes = Object.fromEntries(
      [...this.object(fields.get("attributes") ?? {}, where)].map(([key, inner]) => [key, this.value(inner, where)]),
    );
    const insert = fields.get("insert");
    if (typeof insert === "string" && insert !== "") return { insert, attributes };
    const embed = this.object(insert, where);
    if (!embed.has("$embed")) this.fail(where, 'needs `insert`: some text or { "$embed": ... }');
    return { insert: this.value(embed.get("$embed"), where), attributes };
  }

  private element(fields: Fields, where: string): Y.XmlElement {
    const element = new Y.XmlElement(this.string(fields, "name", where));
    for (const [key, json] of this.object(fields.get("attributes") ?? {}, where)) {
      setXmlAttribute(element, key, this.value(json, `${where}.${key}`));
    }
    return this.withChildren(element, fields, where);
  }

  private withChildren<T extends Y.XmlFragment>(fragment: T, fields: Fields, where: string): T {
    fragment.insert(0, [...this.children(fields, where)]);
    return fragment;
  }

  private children(fields: Fields, where: string): readonly (Y.XmlElement | Y.XmlText)[] {
    return this.values(fields.get("children"), where).flatMap((child) => {
      if (child instanceof Y.XmlElement || child instanceof Y.XmlText) return [child];
      this.fail(where, "holds something that is no XML");
      return [];
    });
  }

  private plainObject(json: unknown, where: string): unknown {
    const pairs = Array.isArray(json) ? json : [];
    const entries = pairs.map((pair: unknown) => {
      const [key, inner]: readonly unknown[] = Array.isArray(pair) ? pair : [];
      return [typeof key === "string" ? key : this.fail(where, "needs pairs"), this.value(inner, where)] as const;
    });
    return Object.fromEntries(entries);
  }

  private bigint(text: string, where: string): bigint {
    if (/^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return BigInt(text);
    this.fail(where, "is no integer of 64 bits");
    return 0n;
  }

  private string(fields: Fields, name: string, where: string): string {
    const text = fields.get(name);
    if (typeof text === "string") return text;
    return this.fail(where, `needs \`${name}\`, a string`);
  }

  private fail(where: string, what: string): string {
    this.problem ??= `${where.slice(0, 200)} ${what}`;
    return "";
  }
}

function isRootKind(kind: unknown): kind is Kind {
  return typeof kind === "string" && rootKinds.has(kind);
}
