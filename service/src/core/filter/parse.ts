import { Tokens } from "./tokens.ts";
import type { Comparison, List, Tree } from "./tree.ts";

export interface ParseLimits {
  /** Parentheses, `not` and calls inside one another. */
  readonly depthMax: number;
  /** Parts joined by `and` and `or`. */
  readonly clausesMax: number;
}

/**
 * The documented grammar by recursive descent: `or` < `and` < comparison and `in` < `not` < operand.
 * Throws `FilterProblem`.
 */
export function parse(text: string, limits: ParseLimits): Tree {
  const parser = new Parser(text, limits);
  return parser.filter();
}

const comparisons: readonly Comparison[] = ["eq", "ne", "gt", "ge", "lt", "le"];

class Parser {
  readonly #tokens: Tokens;
  readonly #limits: ParseLimits;
  #depth = 0;
  #clauses = 1;

  constructor(text: string, limits: ParseLimits) {
    this.#tokens = new Tokens(text);
    this.#limits = limits;
  }

  filter(): Tree {
    const tree = this.#either();
    const { kind, end } = this.#tokens.current;
    if (kind !== "end") {
      throw this.#tokens.problem(`Syntax error at position ${end} in '${this.#tokens.text}'.`);
    }
    return tree;
  }

  #either(): Tree {
    let left = this.#both();
    while (this.#tokens.takeWord("or")) {
      this.#countClause();
      left = { type: "operator", operator: "or", left, right: this.#both() };
    }
    return left;
  }

  #both(): Tree {
    let left = this.#compared();
    while (this.#tokens.takeWord("and")) {
      this.#countClause();
      left = { type: "operator", operator: "and", left, right: this.#compared() };
    }
    return left;
  }

  #compared(): Tree {
    let left = this.#unary();
    for (let count = 0; ; count++) {
      if (count > 1) this.#countClause();
      const operator = comparisons.find((word) => this.#tokens.takeWord(word));
      if (operator !== undefined) left = { type: "operator", operator, left, right: this.#unary() };
      else if (this.#tokens.takeWord("in")) left = { type: "in", left, right: this.#collection() };
      else return left;
    }
  }

  #unary(): Tree {
    if (!this.#tokens.takeWord("not")) return this.#operand();
    return this.#deeper(() => ({ type: "not", operand: this.#unary() }));
  }

  #operand(): Tree {
    const token = this.#tokens.current;
    switch (token.kind) {
      case "string":
      case "integer":
        this.#tokens.take();
        return { type: "literal", value: token.value };
      case "word":
        this.#tokens.take();
        return this.#word(token.text);
      case "(":
        this.#tokens.take();
        return this.#deeper(() => {
          const inner = this.#either();
          if (!this.#tokens.takeMark(")")) throw this.#expected("')' or operator");
          return inner;
        });
      default:
        throw this.#expected("Expression");
    }
  }

  #word(text: string): Tree {
    if (this.#tokens.takeMark("(")) return { type: "call", name: text, operands: this.#deeper(() => this.#operands()) };
    switch (text) {
      case "true":
        return { type: "literal", value: true };
      case "false":
        return { type: "literal", value: false };
      case "null":
        return { type: "literal", value: null };
      default:
        return { type: "name", name: text };
    }
  }

  #operands(): readonly Tree[] {
    return this.#tokens.takeMark(")") ? [] : this.#separated(() => this.#either());
  }

  #collection(): Tree | List {
    if (!this.#tokens.takeMark("(")) return this.#operand();
    return this.#deeper(() => ({ type: "list", items: this.#separated(() => this.#operand()) }));
  }

  /** At least one part, commas between them, and the closing parenthesis. */
  #separated(part: () => Tree): readonly Tree[] {
    const parts: Tree[] = [];
    do parts.push(part());
    while (this.#tokens.takeMark(","));
    if (!this.#tokens.takeMark(")")) throw this.#expected("')' or ','");
    return parts;
  }

  #deeper<T>(inside: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.#limits.depthMax) throw this.#tokens.problem("Recursion depth exceeded allowed limit.");
    const result = inside();
    this.#depth -= 1;
    return result;
  }

  #countClause(): void {
    this.#clauses += 1;
    if (this.#clauses > this.#limits.clausesMax) {
      throw this.#tokens.problem(`It has more than ${this.#limits.clausesMax} clauses.`);
    }
  }

  #expected(what: string): Error {
    return this.#tokens.problem(
      `${what} expected at position ${this.#tokens.current.start} in '${this.#tokens.text}'.`,
    );
  }
}
