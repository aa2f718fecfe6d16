import * as Y from "yjs";

/** A number in 147 bytes: lib0 reads it as Infinity, and then writes it without end. */
const infinity: readonly number[] = [...Array.from({ length: 146 }, () => 0x80), 0x7f];
const deepJson = "[".repeat(8_000) + "]".repeat(8_000);
/** One client, 5, with one struct at clock 0; nothing deleted. */
const oneStruct = (...struct: readonly number[]) => Uint8Array.from([1, 1, 5, 0, ...struct, 0]);

export interface Hostile {
  readonly name: string;
  readonly update: Uint8Array;
}

/** Updates that stock Yjs takes, or dies of. */
export const hostileUpdates: readonly Hostile[] = [
  { name: "a length that is Infinity", update: oneStruct(0, ...infinity) },
  // An embed (5) in the root type "t", its JSON of 16,000 characters.
  { name: "deep JSON", update: oneStruct(5, 1, 1, 0x74, 0x80, 0x7d, ...Buffer.from(deepJson)) },
  { name: "32 million structs announced", update: Uint8Array.from(Buffer.from("018090a10f0100", "hex")) },
  { name: "bytes that are no update", update: new Uint8Array(9).fill(0xff) },
  { name: "an update in the second format", update: secondFormat() },
];

/** One entry of client 5, `null`, with a clock that is Infinity. */
export const endlessPresence: Uint8Array = Uint8Array.from([1, 5, ...infinity, 4, ...Buffer.from("null")]);

function secondFormat(): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "text");
  return Y.encodeStateAsUpdateV2(doc);
}
