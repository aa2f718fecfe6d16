import type { SeededRandom } from "./seeded-random.ts";

/** Test support: damages bytes in one to four places, the way networks, disks and attackers do. */
export function mutated(random: SeededRandom, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let result = [...bytes];
  for (let times = 1 + random.below(4); times > 0; times--) result = mutatedOnce(random, result, other);
  return Uint8Array.from(result);
}

function mutatedOnce(random: SeededRandom, bytes: number[], other: Uint8Array): number[] {
  const at = random.below(bytes.length + 1);
  const byte = bytes[at] ?? 0;
  const before = bytes.slice(0, at);
  const after = bytes.slice(at + 1);
  switch (random.below(8)) {
    case 0: // a bit flips
    case 1:
      return [...before, byte ^ (1 << random.below(8)), ...after];
    case 2: // a byte is replaced
      return [...before, random.pick([0, 1, 2, 0x7f, 0x80, 0xff, random.below(256)]), ...after];
    case 3: // a byte comes in
      return [...before, random.below(256), ...bytes.slice(at)];
    case 4: // a byte is lost
      return [...before, ...after];
    case 5: {
      // a piece of another update comes in
      const from = random.below(other.length);
      return [...before, ...other.subarray(from, from + random.below(20)), ...bytes.slice(at + random.below(20))];
    }
    case 6: // a varint grows longer
      return [...before, byte | 0x80, random.below(128), ...after];
    default: // a small number becomes its neighbour
      return [...before, (byte + random.pick([-1, 1])) & 0xff, ...after];
  }
}
