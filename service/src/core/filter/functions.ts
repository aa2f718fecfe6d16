import { FilterProblem } from "./problem.ts";
import { print, type Tree } from "./tree.ts";
import { type Anonymous, anonymousOf, asPlace, asText, isEmpty, type Of, type Typed } from "./typed.ts";

/** Makes one function from its checked operands; `at` is the whole call. Throws `FilterProblem`. */
type Make = (operands: readonly Typed[], at: Tree) => Typed;

/** Names are lower case. Undefined: there is no such function. */
export function findFunction(name: string): Make | undefined {
  return functions.get(name);
}

const functions: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["tolower", changed((text) => text.toLowerCase())],
  ["toupper", changed((text) => text.toUpperCase())],
  ["trim", changed((text) => text.trim())],
  ["contains", tested((text, part) => text.includes(part))],
  ["startswith", tested((text, part) => text.startsWith(part))],
  ["endswith", tested((text, part) => text.endsWith(part))],
  ["indexof", indexOf],
  ["concat", concat],
  ["length", length],
  ["substring", substring],
]);

/** Null stays null. */
function changed(change: (text: string) => string): Make {
  return (operands, at) => {
    const [operand] = exactly(1, operands, at);
    const of = asText(operand, at);
    return text((subject) => {
      const value = of(subject);
      return value === null ? null : change(value);
    }, anonymousOf(operand));
  };
}

/** False if either is null. */
function tested(test: (text: string, part: string) => boolean): Make {
  return (operands, at) => {
    const [left, right] = texts(operands, at);
    return {
      kind: "bool",
      of: (subject) => {
        const value = left(subject);
        const part = right(subject);
        return value !== null && part !== null && test(value, part);
      },
    };
  };
}

/** -1 if either is null. */
function indexOf(operands: readonly Typed[], at: Tree): Typed {
  const [left, right] = texts(operands, at);
  return {
    kind: "int",
    anonymous: "value",
    of: (subject) => {
      const value = left(subject);
      const part = right(subject);
      return value === null || part === null ? -1 : value.indexOf(part);
    },
  };
}

/** Null counts as nothing, unless both are null. */
function concat(operands: readonly Typed[], at: Tree): Typed {
  const [left, right] = texts(operands, at);
  return text(
    (subject) => {
      const first = left(subject);
      const second = right(subject);
      return first === null && second === null ? null : (first ?? "") + (second ?? "");
    },
    operands.every(isEmpty) ? "null" : "value",
  );
}

function length(operands: readonly Typed[], at: Tree): Typed {
  const [operand] = exactly(1, operands, at);
  if (operand.kind === "collection") return { kind: "int", anonymous: "value", of: operand.size };
  if (operand.kind === "int" || operand.kind === "bool") throw invalid(at);
  return {
    kind: "int",
    anonymous: anonymousOf(operand),
    of: (subject) => operand.of(subject)?.length ?? null,
  };
}

/** Null where the text is null or too short. */
function substring(operands: readonly Typed[], at: Tree): Typed {
  if (operands.length !== 2 && operands.length !== 3) throw invalid(at);
  const [whole, first, second] = operands;
  if (whole === undefined || first === undefined) throw invalid(at);
  const value = asText(whole, at);
  const start = asPlace(first, at);
  const count = second === undefined ? undefined : asPlace(second, at);
  return text((subject) => {
    const source = value(subject);
    const from = start(subject);
    const most = source === null || from === null ? null : source.length - from;
    const chars = count === undefined ? most : count(subject);
    if (source === null || from === null || most === null || chars === null) return null;
    return from < 0 || chars < 0 || chars > most ? null : source.slice(from, from + chars);
  }, anonymousOf(whole));
}

function text(of: Of<string | null>, anonymous: Anonymous): Typed {
  return { kind: "string", of, anonymous };
}

function texts(operands: readonly Typed[], at: Tree): readonly [Of<string | null>, Of<string | null>] {
  const [left, right] = exactly(2, operands, at);
  return [asText(left, at), asText(right, at)];
}

function exactly(count: 1 | 2, operands: readonly Typed[], at: Tree): readonly [Typed, Typed] {
  const [first, second = first] = operands;
  if (operands.length !== count || first === undefined || second === undefined) throw invalid(at);
  return [first, second];
}

function invalid(at: Tree): FilterProblem {
  return new FilterProblem(print(at), `Invalid token '${print(at)}'.`);
}
