import type { Random } from "../core/ports.ts";

/** The platform's cryptographic source: session ids come from it. */
export function systemRandom(): Random {
  return {
    next(): number {
      const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
      return word / 2 ** 32;
    },
  };
}
