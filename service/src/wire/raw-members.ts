/** Texts up to this length may be kept alive by a part of them. */
const sharedCharsMax = 1_024;

/**
 * The raw text of the named members of a JSON object, so that a value can be passed on without encoding it again.
 * `text` must have passed JSON.parse as an object. Of repeated members the last counts, as in JSON.parse.
 */
export function rawMembers(text: string, names: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  walkMembers(text, (key, start, end) => {
    if (names.has(key)) found.set(key, ownText(text, start, end));
  });
  return found;
}

/** How many members the JSON object has as written: repeated ones count each time, unlike after JSON.parse. */
export function countMembers(text: string): number {
  let count = 0;
  walkMembers(text, () => {
    count += 1;
  });
  return count;
}

function walkMembers(text: string, visit: (key: string, start: number, end: number) => void): void {
  let at = skipBlanks(text, skipBlanks(text, 0) + 1);
  while (text[at] === '"') {
    const keyEnd = stringEnd(text, at);
    const valueStart = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    visit(keyText(text.slice(at, keyEnd)), valueStart, end);
    at = skipBlanks(text, end);
    if (text[at] === ",") at = skipBlanks(text, at + 1);
  }
}

/**
 * A slice keeps the whole text alive. What is kept for long (an acknowledged id, a message waiting for recovery) must not
 * hold on to a megabyte that nobody counts: a small part of a large text is copied.
 */
function ownText(text: string, start: number, end: number): string {
  const slice = text.slice(start, end);
  const mostOfIt = text.length < sharedCharsMax || slice.length * 2 > text.length;
  return mostOfIt ? slice : Buffer.from(slice, "utf8").toString("utf8");
}

function keyText(literal: string): string {
  return literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
}

function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  if (first !== "{" && first !== "[") return scalarEnd(text, start);
  let depth = 0;
  let at = start;
  while (at < text.length) {
    switch (text[at]) {
      case '"':
        at = stringEnd(text, at) - 1;
        break;
      case "{":
      case "[":
        depth += 1;
        break;
      case "}":
      case "]":
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
    }
    at += 1;
  }
  return at;
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !" \t\r\n,}]".includes(text.charAt(at))) at += 1;
  return at;
}

/** One past the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let quote = start;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) return text.length;
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) at += 1;
  return at;
}
