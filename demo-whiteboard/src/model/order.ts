import { generateNKeysBetween } from "fractional-indexing";

const KEY_LENGTH_MAX = 64;
const DIGITS = /^[A-Za-z0-9]{1,64}$/;
const LOWEST_INTEGER = `A${"0".repeat(26)}`;

/** Where a shape with an unusable key is drawn. */
export const ORDER_DEFAULT = "a0";

/** Drawing order: by key, plain string comparison (never `localeCompare`), ties by id. The same on every machine. */
export function compareOrder(
  a: { readonly z: string; readonly id: string },
  b: { readonly z: string; readonly id: string },
): number {
  if (a.z !== b.z) return a.z < b.z ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** True for a key that `fractional-indexing` accepts: a peer may write any string, and the library throws on a bad one. */
export function isOrderKey(key: unknown): key is string {
  if (typeof key !== "string" || !DIGITS.test(key) || key === LOWEST_INTEGER) return false;
  const integerLength = integerLengthOf(key.charCodeAt(0));
  if (integerLength === null || key.length < integerLength) return false;
  return !(key.length > integerLength && key.endsWith("0"));
}

/** `count` rising keys above `top` (null: the board is empty). Keys that would grow beyond 64 characters repeat `top`: ids break the tie. */
export function keysAbove(top: string | null, count: number): string[] {
  return bounded(generateNKeysBetween(top, null, count), top);
}

/** `count` rising keys below `bottom`. */
export function keysBelow(bottom: string | null, count: number): string[] {
  return bounded(generateNKeysBetween(null, bottom, count), bottom);
}

/**
 * New keys for the shapes of `moved`, so that sorting gives `order` (bottom first). Where keys are equal there is no room
 * between them: then the shapes above get new ones as well, as few as possible.
 */
export function rekeyed(
  order: readonly { readonly id: string; readonly z: string }[],
  moved: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  let below: string | null = null;
  for (let at = 0; at < order.length; ) {
    const shape = order[at];
    if (shape && !moved.has(shape.id)) {
      below = shape.z;
      at += 1;
      continue;
    }
    const start = at;
    while (at < order.length && !fits(order[at], below, moved)) at += 1;
    const above = order[at]?.z ?? null;
    const run = order.slice(start, at);
    const fresh = bounded(generateNKeysBetween(below, above, run.length), below);
    run.forEach(({ id }, index) => {
      const key = fresh[index];
      if (key !== undefined) keys.set(id, key);
    });
    below = fresh.at(-1) ?? below;
  }
  return keys;
}

/** Can this shape keep its key as the first above a run that begins above `below`? */
function fits(
  shape: { readonly id: string; readonly z: string } | undefined,
  below: string | null,
  moved: ReadonlySet<string>,
): boolean {
  return shape !== undefined && !moved.has(shape.id) && (below === null || shape.z > below);
}

function bounded(keys: string[], edge: string | null): string[] {
  return keys.map((key) => (key.length > KEY_LENGTH_MAX ? (edge ?? ORDER_DEFAULT) : key));
}

/** The first character tells how many digits the integer part has: a = 2 ... z = 27, Z = 2 ... A = 27. */
function integerLengthOf(head: number): number | null {
  if (head >= 97 && head <= 122) return head - 97 + 2;
  if (head >= 65 && head <= 90) return 90 - head + 2;
  return null;
}
