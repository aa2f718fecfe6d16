/** A part of a group pattern: one exact character, `?`, `*`, or `**`. */
type Token =
  | { readonly kind: "exact"; readonly character: string }
  | { readonly kind: "one" }
  | { readonly kind: "some" }
  | { readonly kind: "anything" };

/** Microsoft's emulator refuses patterns beyond these. */
const charsMax = 1_024;
const starsMax = 5;

/**
 * A set of group names: `?` is one character but a dot, `*` any number of such characters, `**` anything, and `\` makes
 * `\`, `*` or `?` a plain character. Names are compared by case.
 */
export class GroupPattern {
  readonly #tokens: readonly Token[];

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Undefined when the text is no pattern: empty, over 1,024 characters or 5 stars, or with a backslash astray. */
  static read(text: string): GroupPattern | undefined {
    if (text === "" || text.length > charsMax || text.replaceAll(/\\./gs, "").split("*").length - 1 > starsMax) {
      return undefined;
    }
    const tokens: Token[] = [];
    const characters = [...text];
    for (let i = 0; i < characters.length; i++) {
      const token = readToken(characters[i] ?? "", characters[i + 1]);
      if (token === undefined) return undefined;
      if (token.length === 2) i += 1;
      tokens.push(token.token);
    }
    return new GroupPattern(tokens);
  }

  /** Steps through the name once, keeping all the places of the pattern that can be reached: no backtracking. */
  matches(group: string): boolean {
    let reached = this.#skipStars(new Set([0]));
    for (const character of group) {
      const next = new Set<number>();
      for (const at of reached) {
        const token = this.#tokens[at];
        if (token === undefined) continue;
        if (isStar(token)) {
          if (takes(token, character)) next.add(at);
        } else if (takes(token, character)) next.add(at + 1);
      }
      if (next.size === 0) return false;
      reached = this.#skipStars(next);
    }
    return reached.has(this.#tokens.length);
  }

  /** A star may stand for nothing. A set visits what is added during the walk. */
  #skipStars(reached: Set<number>): Set<number> {
    for (const at of reached) {
      const token = this.#tokens[at];
      if (token !== undefined && isStar(token)) reached.add(at + 1);
    }
    return reached;
  }
}

function readToken(character: string, next: string | undefined): { token: Token; length: 1 | 2 } | undefined {
  switch (character) {
    case "?":
      return { token: { kind: "one" }, length: 1 };
    case "*":
      return next === "*" ? { token: { kind: "anything" }, length: 2 } : { token: { kind: "some" }, length: 1 };
    case "\\":
      if (next !== "\\" && next !== "*" && next !== "?") return undefined;
      return { token: { kind: "exact", character: next }, length: 2 };
    default:
      return { token: { kind: "exact", character }, length: 1 };
  }
}

function isStar({ kind }: Token): boolean {
  return kind === "some" || kind === "anything";
}

function takes(token: Token, character: string): boolean {
  switch (token.kind) {
    case "exact":
      return token.character === character;
    case "one":
    case "some":
      return character !== ".";
    case "anything":
      return true;
  }
}
