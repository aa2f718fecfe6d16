/** Tells what is wrong with the value at a path, and what to do about it. */
export type Report = (path: string, problem: string) => void;
export type Check = (value: unknown, path: string, report: Report) => void;

export const flag: Check = (value, path, report) => {
  if (typeof value !== "boolean") report(path, `must be true or false, not ${shown(value)}.`);
};

export function text(rule: (text: string) => string | undefined = () => undefined): Check {
  return (value, path, report) => {
    if (typeof value !== "string") return report(path, `must be a text, not ${shown(value)}.`);
    const problem = rule(value);
    if (problem !== undefined) report(path, problem);
  };
}

export function number(range: { readonly above?: number; readonly min?: number; readonly max: number }): Check {
  const from = range.above === undefined ? `from ${range.min ?? 0}` : `above ${range.above}`;
  return (value, path, report) => {
    const fits =
      typeof value === "number" &&
      Number.isFinite(value) &&
      value <= range.max &&
      (range.above === undefined ? value >= (range.min ?? 0) && Number.isInteger(value) : value > range.above);
    const kind = range.above === undefined ? "whole number" : "number";
    if (!fits) report(path, `must be a ${kind} ${from} to ${range.max}, not ${shown(value)}.`);
  };
}

export function oneOf(names: readonly string[]): Check {
  return (value, path, report) => {
    if (typeof value === "string" && names.includes(value)) return;
    report(path, `must be one of ${names.map((name) => `"${name}"`).join(", ")}, not ${shown(value)}.`);
  };
}

export function list(check: Check, countMax: number): Check {
  return (value, path, report) => {
    if (!Array.isArray(value)) return report(path, `must be a list in square brackets, not ${shown(value)}.`);
    if (value.length > countMax) return report(path, `must have at most ${countMax} entries, not ${value.length}.`);
    for (const [i, item] of value.entries()) check(item, `${path}[${i}]`, report);
  };
}

/** An object with these fields and no others. Fields that are `undefined` count as absent. */
export function fields(
  table: Readonly<Record<string, Check>>,
  whole: (value: Fields) => string | undefined = () => undefined,
): Check {
  return (value, path, report) => {
    if (!isFields(value)) return report(path, `must be an object in curly brackets, not ${shown(value)}.`);
    for (const [name, item] of Object.entries(value)) {
      const check = Object.hasOwn(table, name) ? table[name] : undefined;
      if (check === undefined) report(join(path, name), `is not a known setting. ${suggestion(name, table)}`);
      else if (item !== undefined) check(item, join(path, name), report);
    }
    const problem = whole(value);
    if (problem !== undefined) report(path, problem);
  };
}

/** An object whose names are the user's own. `rule` sees all of them. */
export function record(rule: (names: readonly string[]) => string | undefined, check: Check): Check {
  return (value, path, report) => {
    if (!isFields(value)) return report(path, `must be an object in curly brackets, not ${shown(value)}.`);
    const problem = rule(Object.keys(value));
    if (problem !== undefined) report(path, problem);
    for (const [name, item] of Object.entries(value)) check(item, join(path, name), report);
  };
}

export type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** What was found, without ever quoting a long text: it may be a key. */
function shown(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return value.length <= 20 ? `"${value}"` : "a long text";
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

function suggestion(name: string, table: Readonly<Record<string, Check>>): string {
  const names = Object.keys(table);
  const wanted = name.toLowerCase();
  const near = names.find((known) => {
    const lower = known.toLowerCase();
    return lower === wanted || lower.includes(wanted) || wanted.includes(lower);
  });
  return near === undefined ? `Known here: ${names.join(", ")}.` : `Did you mean '${near}'?`;
}
