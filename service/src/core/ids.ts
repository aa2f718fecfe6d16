import type { IdSource } from "./ports.ts";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/** Ids from any number source in [0, 1). Repeatable, hence guessable: for simulations and tests only. */
export function seededIds(random: { next(): number }): IdSource {
  const text = (length: number) =>
    Array.from({ length }, () => letters.charAt(Math.floor(random.next() * letters.length))).join("");
  return { connectionId: () => text(22), reconnectionToken: () => text(43) };
}
