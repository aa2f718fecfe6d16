/** A small known generator, so that a seed means the same run everywhere. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * end);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("There is nothing to pick from.");
    return item;
  }
}

/** What breaks parsers: borders of numbers, of UTF-8, of JSON and of protobuf. */
const tokens: readonly Buffer[] = [
  ...[
    '"',
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "-",
    "0",
    "1e999",
    "-0",
    "0x1",
    "NaN",
  ],
  ...[
    "18446744073709551615",
    "18446744073709551616",
    "9007199254740993",
    '"type"',
    '"data":',
    '"__proto__":',
    '"ackId":',
  ],
  ...["é", "😀", "\u2028", "\u0000", "\ufeff", " ", "\n"],
]
  .map((text) => Buffer.from(text, "utf8"))
  .concat(
    ["00", "7f", "80", "ff", "8000", "ffffffff0f", "ffffffffffffffffff01", "c328", "eda080"].map((h) =>
      Buffer.from(h, "hex"),
    ),
  );

const bytesMax = 4_096;

/** One frame made of others, never twice the same for the same chance. */
export function mutate(chance: Chance, corpus: readonly Buffer[]): Buffer {
  let bytes = chance.pick(corpus);
  for (let rounds = chance.below(5); rounds > 0; rounds--) bytes = mutateOnce(chance, bytes, corpus);
  return bytes.subarray(0, bytesMax);
}

function mutateOnce(chance: Chance, bytes: Buffer, corpus: readonly Buffer[]): Buffer {
  const from = chance.below(bytes.length + 1);
  const to = Math.min(bytes.length, from + 1 + chance.below(8));
  const [before, after] = [bytes.subarray(0, from), bytes.subarray(to)];
  switch (chance.below(7)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (from < flipped.length) flipped[from] = (flipped[from] ?? 0) ^ (1 << chance.below(8));
      return flipped;
    }
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, chance.pick(tokens), bytes.subarray(from)]);
    case 3:
      return Buffer.concat([before, chance.pick(tokens), after]);
    case 4:
      return Buffer.concat([before, bytes.subarray(from, to), bytes.subarray(from, to), after]);
    case 5: {
      const other = chance.pick(corpus);
      return Buffer.concat([before, other.subarray(chance.below(other.length + 1))]);
    }
    default: {
      const depth = 1 + chance.below(200);
      const [open, shut] = chance.pick([
        ["[", "]"],
        ['{"a":', "}"],
      ] as const);
      return Buffer.concat([
        before,
        Buffer.from(open.repeat(depth)),
        bytes.subarray(from, to),
        Buffer.from(shut.repeat(depth)),
        after,
      ]);
    }
  }
}
