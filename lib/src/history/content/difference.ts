import * as Y from "yjs";
import { align, type Step } from "./align.ts";
import { kindOf, rootAs, rootsOf, type Shared } from "./kinds.ts";
import { attributeChange, entryOf, entryValue, keysOf, runsOf, typeOf, valuesOf } from "./runs.ts";
import { sameValue } from "./same.ts";
import { deltaToJson, type Json, valueToJson } from "./to-json.ts";

/** One thing that is different. `path` begins with the name of a top-level type; numbers are places in the later list. */
export type Change =
  | { readonly path: readonly (string | number)[]; readonly change: "added"; readonly after: Json }
  | { readonly path: readonly (string | number)[]; readonly change: "removed"; readonly before: Json }
  | {
      readonly path: readonly (string | number)[];
      readonly change: "changed";
      readonly before: Json;
      readonly after: Json;
    }
  /** As a Quill delta; a deletion also carries what was deleted. */
  | { readonly path: readonly (string | number)[]; readonly change: "text"; readonly delta: readonly Json[] }
  /** As a delta of values. */
  | { readonly path: readonly (string | number)[]; readonly change: "list"; readonly delta: readonly Json[] };

export interface Difference {
  readonly changes: readonly Change[];
  /** There are more than `changesMax`. */
  readonly truncated: boolean;
}

/** What happened between two versions of one document. Parts that both have are told apart by their ids. */
export function difference(from: Y.Doc, to: Y.Doc, changesMax: number): Difference {
  const changes = new Changes(changesMax);
  for (const [name, kind] of rootsOf([from, to])) {
    compare(rootAs(from, name, kind), rootAs(to, name, kind), [name], changes);
  }
  return { changes: changes.all, truncated: changes.truncated };
}

class Changes {
  readonly all: Change[] = [];
  truncated = false;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(change: Change): void {
    if (this.all.length < this.#max) this.all.push(change);
    else this.truncated = true;
  }
}

type Path = readonly (string | number)[];

function compare(from: Shared, to: Shared, path: Path, changes: Changes): void {
  const steps = align(runsOf(from), runsOf(to), "history");
  const isText = kindOf(to) === "text" || kindOf(to) === "xml-text";
  if (steps.some(isChange)) {
    const delta = steps.flatMap((step) => (isText ? textOperation(step) : listOperation(step)));
    changes.add({ path, change: isText ? "text" : "list", delta });
  }
  compareEntries(from, to, path, changes);
  let index = 0;
  for (const step of steps) {
    if (step.step === "removed") continue;
    const [one, other] = [step.step === "both" ? typeOf(step.from) : null, typeOf(step.to)];
    if (one !== null && other !== null) compare(one, other, [...path, index], changes);
    index += step.to.length;
  }
}

function compareEntries(from: Shared, to: Shared, path: Path, changes: Changes): void {
  for (const key of new Set([...keysOf(from), ...keysOf(to)])) {
    const [one, other] = [entryOf(from, key), entryOf(to, key)];
    const at = [...path, key];
    if (one === null && other !== null) {
      changes.add({ path: at, change: "added", after: valueToJson(entryValue(other)) });
    } else if (one !== null && other === null) {
      changes.add({ path: at, change: "removed", before: valueToJson(entryValue(one)) });
    } else if (one !== null && other !== null) compareValues(one, other, at, changes);
  }
}

function compareValues(from: Y.Item, to: Y.Item, path: Path, changes: Changes): void {
  const [one, other] = [typeOf(from), typeOf(to)];
  if (one !== null && other !== null && Y.compareIDs(from.lastId, to.lastId)) {
    compare(one, other, path, changes);
    return;
  }
  const [before, after] = [entryValue(from), entryValue(to)];
  if (!sameValue(before, after)) {
    changes.add({ path, change: "changed", before: valueToJson(before), after: valueToJson(after) });
  }
}

function isChange(step: Step): boolean {
  return step.step !== "both" || attributeChange(step.from.attributes, step.to.attributes) !== null;
}

function textOperation(step: Step): readonly Json[] {
  if (step.step === "added") return deltaToJson([step.to]);
  if (step.step === "removed") return [{ delete: step.from.length, before: deltaToJson([step.from]) }];
  const attributes = attributeChange(step.from.attributes, step.to.attributes);
  return [{ retain: step.from.length, ...(attributes && { attributes: valueToJson(attributes) }) }];
}

function listOperation(step: Step): readonly Json[] {
  if (step.step === "added") return [{ insert: valuesOf(step.to).map(valueToJson) }];
  if (step.step === "removed") return [{ delete: step.from.length, before: valuesOf(step.from).map(valueToJson) }];
  return [{ retain: step.from.length }];
}
