import * as Y from "yjs";
import { deepEqual } from "./equal.ts";
import type { Shared } from "./kinds.ts";

export type Attributes = Readonly<Record<string, unknown>>;

/** Neighbouring visible content of one list: characters, values, or one type, embed or binary. */
export interface Run {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
  readonly content: Y.Item["content"];
  /** Where in `content` it begins. */
  readonly offset: number;
  /** Of text: the formats in force. */
  readonly attributes: Attributes;
}

const plain: Attributes = Object.freeze({});

/** What one sees of a list, in order. */
export function runsOf(type: Shared): readonly Run[] {
  const runs: Run[] = [];
  let attributes = plain;
  for (let item = type._start; item !== null; item = item.right) {
    const { content, id, length, deleted, countable } = item;
    if (deleted) continue;
    if (content instanceof Y.ContentFormat) attributes = formatted(attributes, content.key, content.value);
    else if (countable) runs.push({ client: id.client, clock: id.clock, length, content, offset: 0, attributes });
  }
  return runs;
}

function formatted(attributes: Attributes, key: string, value: unknown): Attributes {
  const entries = Object.entries(attributes).filter(([name]) => name !== key);
  if (value !== null) entries.push([key, value]);
  return Object.fromEntries(entries);
}

/** A part of it. */
export function slice(run: Run, start: number, length: number): Run {
  return { ...run, clock: run.clock + start, offset: run.offset + start, length };
}

/** The characters of a run; null: it is no characters. */
export function textOf({ content, offset, length }: Run): string | null {
  return content instanceof Y.ContentString ? content.str.slice(offset, offset + length) : null;
}

/** The values of a run; types and sub-documents as they are. */
export function valuesOf({ content, offset, length }: Run): readonly unknown[] {
  return content.getContent().slice(offset, offset + length);
}

export function typeOf({ content }: Pick<Run, "content">): Shared | null {
  return content instanceof Y.ContentType ? content.type : null;
}

/** What must be set and removed (null) to make of one set of formats the other. */
export function attributeChange(from: Attributes, to: Attributes): Attributes | null {
  if (from === to) return null;
  const change: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!(key in to)) change[key] = null;
  for (const [key, value] of Object.entries(to)) if (!deepEqual(from[key], value)) change[key] = value;
  return Object.keys(change).length === 0 ? null : change;
}

/** What one sees at a key; null: nothing. */
export function entryOf(type: Shared, key: string): Y.Item | null {
  const item = type._map.get(key);
  return item === undefined || item.deleted ? null : item;
}

export function keysOf(type: Shared): readonly string[] {
  return [...type._map].flatMap(([key, item]) => (item.deleted ? [] : [key])).sort();
}

/** The value of a map entry: the last of its content. */
export function entryValue(item: Y.Item): unknown {
  return item.content.getContent().at(-1);
}
