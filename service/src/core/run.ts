import type { UnnumberedFrame } from "./numbered-frame.ts";

/**
 * Messages of one turn that bear numbers, shared by all connections that got them: each keeps them with a first number
 * of its own until they are acknowledged. Nobody may change the arrays.
 */
export interface Run {
  readonly frames: readonly UnnumberedFrame[];
  /** When each of them expires; undefined when none does. */
  readonly expiries: readonly (number | undefined)[] | undefined;
  /** Of all of them. */
  readonly bytes: number;
  /** Of those before each of them. */
  readonly bytesBefore: readonly number[];
  /** How many of them expire. */
  readonly mortal: number;
}

export function runOf(frames: readonly UnnumberedFrame[], expiries: readonly (number | undefined)[] | undefined): Run {
  const mortal = expiries?.filter((expiresAt) => expiresAt !== undefined).length ?? 0;
  let bytes = 0;
  const bytesBefore = frames.map(({ body }) => {
    bytes += body.length;
    return bytes - body.length;
  });
  return { frames, expiries: mortal === 0 ? undefined : expiries, bytes, bytesBefore, mortal };
}
