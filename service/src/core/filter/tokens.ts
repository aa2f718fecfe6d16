import { FilterProblem } from "./problem.ts";

/** `start` and `end` are places in the text. */
export type Token =
  | { readonly kind: "word"; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: "string"; readonly value: string; readonly start: number; readonly end: number }
  | { readonly kind: "integer"; readonly value: number; readonly start: number; readonly end: number }
  | { readonly kind: "(" | ")" | "," | "end"; readonly start: number; readonly end: number };

/** Reads a filter from left to right, one token ahead, in one pass over its characters. */
export class Tokens {
  readonly text: string;
  #current: Token;

  constructor(text: string) {
    this.text = text;
    this.#current = this.#read(0);
  }

  get current(): Token {
    return this.#current;
  }

  /** Answers the current token and goes to the next. */
  take(): Token {
    const token = this.#current;
    if (token.kind !== "end") this.#current = this.#read(token.end);
    return token;
  }

  /** Goes past this word if it is the current token. Operators are written in lower case. */
  takeWord(word: string): boolean {
    if (this.#current.kind !== "word" || this.#current.text !== word) return false;
    this.take();
    return true;
  }

  takeMark(mark: "(" | ")" | ","): boolean {
    if (this.#current.kind !== mark) return false;
    this.take();
    return true;
  }

  problem(detail: string): FilterProblem {
    return new FilterProblem(this.text, detail);
  }

  #read(from: number): Token {
    let start = from;
    while (isBlank(this.text.charAt(start))) start++;
    const first = this.text.charAt(start);
    if (first === "") return { kind: "end", start, end: start };
    if (first === "(" || first === ")" || first === ",") return { kind: first, start, end: start + 1 };
    if (first === "'") return this.#string(start);
    if (isLetter(first)) {
      const end = this.#endOf(start, (character) => isLetter(character) || isDigit(character));
      return { kind: "word", text: this.text.slice(start, end), start, end };
    }
    const signed = first === "-" || first === "+";
    if (isDigit(first) || (signed && isDigit(this.text.charAt(start + 1)))) return this.#integer(start);
    throw this.#misplaced(start);
  }

  /** A quote inside is written twice. */
  #string(start: number): Token {
    let value = "";
    let from = start + 1;
    for (;;) {
      const quote = this.text.indexOf("'", from);
      if (quote === -1) {
        const at = this.text.length;
        throw this.problem(`There is an unterminated string literal at position ${at} in '${this.text}'.`);
      }
      value += this.text.slice(from, quote);
      if (this.text.charAt(quote + 1) !== "'") return { kind: "string", value, start, end: quote + 1 };
      value += "'";
      from = quote + 2;
    }
  }

  #integer(start: number): Token {
    const end = this.#endOf(start + 1, isDigit);
    const next = this.text.charAt(end);
    if (isLetter(next) || next === ".") throw this.#misplaced(end);
    const digits = this.text.slice(start, end);
    const value = Number(digits);
    if (value !== (value | 0)) throw this.problem(`Token '${digits}' is not supported.`); // 32 bits, as on Azure
    return { kind: "integer", value: value | 0, start, end };
  }

  #endOf(start: number, belongs: (character: string) => boolean): number {
    let end = start;
    while (belongs(this.text.charAt(end))) end++;
    return end;
  }

  #misplaced(at: number): FilterProblem {
    const character = String.fromCodePoint(this.text.codePointAt(at) ?? 0);
    return this.problem(`Syntax error: character '${character}' is not valid at position ${at} in '${this.text}'.`);
  }
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\r" || character === "\n";
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character !== "";
}

function isLetter(character: string): boolean {
  return (character >= "a" && character <= "z") || (character >= "A" && character <= "Z") || character === "_";
}
