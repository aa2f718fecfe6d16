import * as Y from "yjs";
import { deepEqual } from "./equal.ts";
import { kindOf, type Shared } from "./kinds.ts";
import { attributeChange, entryOf, entryValue, keysOf, type Run, runsOf, textOf, typeOf, valuesOf } from "./runs.ts";

/** Whether people see the same in both. */
export function sameContent(left: Shared, right: Shared): boolean {
  if (kindOf(left) !== kindOf(right) || nameOf(left) !== nameOf(right)) return false;
  const keys = keysOf(left);
  if (!deepEqual(keys, keysOf(right))) return false;
  for (const key of keys) {
    const [one, other] = [entryOf(left, key), entryOf(right, key)];
    if (one === null || other === null || !sameValue(entryValue(one), entryValue(other))) return false;
  }
  return sameRuns(unitsOf(runsOf(left)), unitsOf(runsOf(right)));
}

export function sameValue(left: unknown, right: unknown): boolean {
  if (left instanceof Y.AbstractType && right instanceof Y.AbstractType) return sameContent(left, right);
  if (left instanceof Y.Doc && right instanceof Y.Doc) return left.guid === right.guid;
  return deepEqual(left, right);
}

/** Whether the runs show the same, whatever their formats. */
export function sameRun(left: Run, right: Run): boolean {
  if (left.length !== right.length) return false;
  const [one, other] = [textOf(left), textOf(right)];
  if (one !== null || other !== null) return one === other;
  if (typeOf(left) === null && left.content.constructor !== right.content.constructor) return false;
  const values = valuesOf(right);
  return valuesOf(left).every((value, index) => sameValue(value, values[index]));
}

export function nameOf(type: Shared): string | null {
  if (type instanceof Y.XmlElement) return type.nodeName;
  return type instanceof Y.XmlHook ? type.hookName : null;
}

/** Characters with the same formats together, values one by one: independent of how they were typed. */
function unitsOf(runs: readonly Run[]): readonly Unit[] {
  const units: Unit[] = [];
  for (const run of runs) {
    const text = textOf(run);
    const last = units.at(-1);
    if (text === null) for (const value of valuesOf(run)) units.push({ run, text: null, value });
    else if (last?.text != null && attributeChange(last.run.attributes, run.attributes) === null) last.text += text;
    else units.push({ run, text, value: null });
  }
  return units;
}

interface Unit {
  readonly run: Run;
  text: string | null;
  readonly value: unknown;
}

function sameRuns(left: readonly Unit[], right: readonly Unit[]): boolean {
  if (left.length !== right.length) return false;
  return left.every((one, index) => {
    const other = right[index];
    if (other === undefined || one.text !== other.text) return false;
    return attributeChange(one.run.attributes, other.run.attributes) === null && sameValue(one.value, other.value);
  });
}
