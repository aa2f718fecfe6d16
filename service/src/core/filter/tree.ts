import { unreachable } from "../assert.ts";

/** A filter as it was written, before names and types are looked at. */
export type Tree =
  | { readonly type: "literal"; readonly value: string | number | boolean | null }
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "call"; readonly name: string; readonly operands: readonly Tree[] }
  | { readonly type: "not"; readonly operand: Tree }
  | { readonly type: "operator"; readonly operator: Operator; readonly left: Tree; readonly right: Tree }
  | { readonly type: "in"; readonly left: Tree; readonly right: Tree | List };

/** What stands in parentheses after `in`. */
export interface List {
  readonly type: "list";
  readonly items: readonly Tree[];
}

export type Operator = "or" | "and" | Comparison;
export type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

/** The text of a part, for problems. Nested operators get parentheses, whatever the sender wrote. */
export function print(tree: Tree | List): string {
  switch (tree.type) {
    case "literal":
      return typeof tree.value === "string" ? `'${tree.value.replaceAll("'", "''")}'` : String(tree.value);
    case "name":
      return tree.name;
    case "call":
      return `${tree.name}(${tree.operands.map(print).join(",")})`;
    case "list":
      return `(${tree.items.map(print).join(", ")})`;
    case "not":
      return `not ${nested(tree.operand)}`;
    case "operator":
      return `${nested(tree.left)} ${tree.operator} ${nested(tree.right)}`;
    case "in":
      return `${nested(tree.left)} in ${print(tree.right)}`;
    default:
      throw unreachable(tree);
  }
}

function nested(tree: Tree): string {
  const open = tree.type === "operator" || tree.type === "not" || tree.type === "in";
  return open ? `(${print(tree)})` : print(tree);
}
