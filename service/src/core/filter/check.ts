import { unreachable } from "../assert.ts";
import { findFunction } from "./functions.ts";
import { FilterProblem } from "./problem.ts";
import type { Subject } from "./subject.ts";
import { type Comparison, type List, type Operator, print, type Tree } from "./tree.ts";
import { asBool, asNumber, asScalar, mismatch, type Of, type Scalar, type Typed } from "./typed.ts";

/** Checks names and types, and answers what decides about a connection. Throws `FilterProblem`. */
export function check(tree: Tree, text: string): Of<boolean> {
  return asBool(
    checked(tree, () => text),
    tree,
  );
}

/** `around` is the text that problems with a name are reported with: that of the operation around it. */
type Around = () => string;

function checked(tree: Tree, around: Around): Typed {
  const here = () => print(tree);
  switch (tree.type) {
    case "literal":
      return literal(tree.value);
    case "name":
      return named(tree, around);
    case "call": {
      const make = findFunction(tree.name);
      if (make === undefined) throw unsupported(tree, here);
      return make(
        tree.operands.map((operand) => checked(operand, here)),
        tree,
      );
    }
    case "not": {
      const operand = asBool(checked(tree.operand, around), tree);
      return { kind: "bool", of: (subject) => !operand(subject) };
    }
    case "operator":
      return operation(tree.operator, checked(tree.left, here), checked(tree.right, here), tree);
    case "in": {
      const left = asScalar(checked(tree.left, here), tree);
      const has = collection(tree.right, here, tree);
      return { kind: "bool", of: (subject) => has(subject, left(subject)) };
    }
    default:
      throw unreachable(tree);
  }
}

function literal(value: string | number | boolean | null): Typed {
  if (value === null) return { kind: "null", of: () => null };
  if (typeof value === "boolean") return { kind: "bool", of: () => value };
  if (typeof value === "number") return { kind: "int", of: () => value, anonymous: "value" };
  return { kind: "string", of: () => value, anonymous: "value" };
}

/** Names ignore case. */
function named(tree: Tree & { readonly type: "name" }, around: Around): Typed {
  switch (tree.name.toLowerCase()) {
    case "userid":
      return { kind: "string", of: ({ userId }) => userId ?? null, anonymous: "empty" };
    case "connectionid":
      return { kind: "string", of: ({ connectionId }) => connectionId, anonymous: "value" };
    case "protocol":
      return { kind: "string", of: ({ protocol }) => protocol ?? null, anonymous: "empty" };
    case "groups":
      return {
        kind: "collection",
        size: ({ groups }) => groups.size,
        has: ({ groups }, value) => typeof value === "string" && groups.has(value),
      };
    default:
      throw unsupported(tree, around);
  }
}

function operation(operator: Operator, left: Typed, right: Typed, at: Tree): Typed {
  switch (operator) {
    case "or":
    case "and": {
      const [first, second] = [asBool(left, at), asBool(right, at)];
      const both = operator === "and";
      return {
        kind: "bool",
        of: (subject) => (both ? first(subject) && second(subject) : first(subject) || second(subject)),
      };
    }
    case "eq":
    case "ne": {
      const [first, second] = [asScalar(left, at), asScalar(right, at)];
      const wanted = operator === "eq";
      return { kind: "bool", of: (subject) => (first(subject) === second(subject)) === wanted };
    }
    default:
      return order(operator, left, right, at);
  }
}

/** False if either side is null. */
function order(operator: Exclude<Comparison, "eq" | "ne">, left: Typed, right: Typed, at: Tree): Typed {
  if (left.kind === "null" || right.kind === "null") return { kind: "bool", of: () => false };
  const [first, second] = [asNumber(left, at), asNumber(right, at)];
  const holds = orders[operator];
  return {
    kind: "bool",
    of: (subject) => {
      const a = first(subject);
      const b = second(subject);
      return a !== null && b !== null && holds(a, b);
    },
  };
}

const orders = {
  gt: (a: number, b: number) => a > b,
  ge: (a: number, b: number) => a >= b,
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
} as const;

/** What stands after `in`: a collection, perhaps in parentheses, or a list. */
function collection(tree: Tree | List, around: Around, at: Tree): (subject: Subject, value: Scalar) => boolean {
  const items = (tree.type === "list" ? tree.items : [tree]).map((item) => checked(item, around));
  const [only] = items;
  if (items.length === 1 && only?.kind === "collection") return only.has;
  if (tree.type !== "list" && only !== undefined) throw mismatch(only.kind, "collection", at);
  const values = items.map((item) => asScalar(item, at));
  return (subject, value) => values.some((of) => of(subject) === value);
}

function unsupported(tree: Tree, around: Around): FilterProblem {
  return new FilterProblem(around(), `Token '${print(tree)}' is not supported.`);
}
