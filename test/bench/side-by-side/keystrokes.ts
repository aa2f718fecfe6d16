/** One person's typing at the end of a text, as Yjs updates (V1) that are written without a document: cheap, and valid. */
export class Keystrokes {
  readonly #client: number;
  #clock = 0;

  /** `client`: the id of the author's document. */
  constructor(client: number) {
    this.#client = client;
  }

  next(): Buffer {
    const clock = this.#clock++;
    // One client with one struct, the struct, and an empty delete set.
    const head = [1, 1, ...varint(this.#client), ...varint(clock)];
    // A string (4) with an origin (128), or the first one, whose parent is the root type "text".
    const place =
      clock === 0 ? [4, 1, 4, ...Buffer.from("text")] : [132, ...varint(this.#client), ...varint(clock - 1)];
    return Buffer.from([...head, ...place, 1, 107, 0]);
  }
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}
