/**
 * Stands in for `lib0/logging` in the built page (see vite.config.ts): Yjs warns through it, and the original brings
 * colours, a console in the page and a schema library along, 4 KB that nobody here sees.
 */
export const BOLD = "";
export const UNBOLD = "";
export const RED = "";
export const ORANGE = "";

export function print(...words: readonly unknown[]): void {
  warn(...words);
}

export function warn(...words: readonly unknown[]): void {
  // biome-ignore lint/suspicious/noConsole: Yjs tells programmers about wrong use of itself
  console.warn(...words);
}
