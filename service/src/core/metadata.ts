/** Keys and values that travel beside a payload. Keys keep their case; the order is the sender's. */
export type Metadata = ReadonlyMap<string, string>;

const keyBytesMax = 256;
const valueBytesMax = 1_024;
const totalBytesMax = 8_192;
const keyCharacters = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Printable or not, but one byte each: what fits into a header of an event handler. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is the rule, control characters included.
const ascii = /^[\u0000-\u007f]*$/;

/**
 * Metadata from pairs as they were sent, or why they are none: a key is a header name of at most 256 bytes and does not
 * repeat, a value is ASCII of at most 1,024 bytes, all together have at most 8,192 bytes (Microsoft's emulator).
 */
export function readMetadata(
  pairs: Iterable<readonly [key: string, value: string]>,
): { readonly ok: true; readonly metadata: Metadata } | { readonly ok: false; readonly problem: string } {
  const metadata = new Map<string, string>();
  let bytes = 0;
  for (const [key, value] of pairs) {
    if (key.length > keyBytesMax || !keyCharacters.test(key)) return wrong("a key is no header name of 1 to 256 bytes");
    if (metadata.has(key)) return wrong("a key repeats");
    if (value.length > valueBytesMax || !ascii.test(value)) return wrong("a value is not ASCII of at most 1024 bytes");
    bytes += key.length + value.length;
    if (bytes > totalBytesMax) return wrong("it is longer than 8192 bytes");
    metadata.set(key, value);
  }
  return { ok: true, metadata };
}

function wrong(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: `The metadata is not valid: ${problem}.` };
}
