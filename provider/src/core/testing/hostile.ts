import * as encoding from "lib0/encoding";

/** Test support: one hostile update or awareness message, and the problem it must be refused with. */
export interface HostileCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly problem: string;
}

export type Write = (encoder: encoding.Encoder) => void;

const victim = 4242;
const gc = 0;
const embed = 5;
const any = 8;
const subdocument = 9;
const type = 7;

/** 146 bytes of 0x80 and a last 0x7f: lib0 reads Infinity, and then never stops writing it. */
export const infinity: Write = (encoder) => {
  for (let index = 0; index < 146; index++) encoding.write(encoder, 0x80);
  encoding.write(encoder, 0x7f);
};

export function bytesOf(...writes: readonly Write[]): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const write of writes) write(encoder);
  return encoding.toUint8Array(encoder);
}

/** Numbers are varUints, strings var strings, anything else writes itself. */
export function parts(...values: readonly (number | string | Uint8Array | Write)[]): Write {
  return (encoder) => {
    for (const value of values) {
      if (typeof value === "number") encoding.writeVarUint(encoder, value);
      else if (typeof value === "string") encoding.writeVarString(encoder, value);
      else if (value instanceof Uint8Array) encoding.writeUint8Array(encoder, value);
      else value(encoder);
    }
  };
}

/** An update of one client block at clock 0, with an empty delete set. */
export function oneBlock(client: number, structs: readonly Write[]): Uint8Array {
  return bytesOf(parts(1, structs.length, client, 0, ...structs, 0));
}

/** An item in the top-level type "t", without origins. */
export function item(contentRef: number, ...content: readonly (number | string | Uint8Array | Write)[]): Write {
  return parts(Uint8Array.of(contentRef), 1, "t", ...content);
}

/** One well-formed but quadratic update: `count` items without a left origin, each with its right origin one place further. */
export function quadraticScan(count: number): Uint8Array {
  const items = Array.from({ length: count }, (_, index) => parts(Uint8Array.of(0x44), 1, index, "x"));
  return bytesOf(parts(1, count, 2, 0, ...items, 0));
}

/** What quadraticScan scans: a text of one client. */
export function scannedText(length: number): Uint8Array {
  return oneBlock(1, [item(4, "y".repeat(length))]);
}

/** A map in a map in a map …: nobody can read or delete it, but each step is an honest one. */
export function nestedMaps(depth: number): Uint8Array {
  const child = (index: number): Write => parts(Uint8Array.of(type | 0x20), 0, 5, index, "k", 1);
  return oneBlock(5, [item(type, 1), ...Array.from({ length: depth - 1 }, (_, index) => child(index))]);
}

function gcBlocks(clients: number, clock: number): Write {
  return (encoder) => {
    encoding.writeVarUint(encoder, clients);
    for (let client = clients; client > 0; client--) parts(1, client, clock, gc, 1)(encoder);
  };
}

function anyNested(depth: number): Write {
  return parts(
    new Uint8Array(2 * depth).map((_, index) => (index % 2 === 0 ? 117 : 1)),
    Uint8Array.of(126),
  );
}

const deepJson = "[".repeat(10_000) + "]".repeat(10_000);

export const hostileUpdates: readonly HostileCase[] = [
  { name: "Infinity as a GC length", bytes: bytesOf(parts(1, 1, 5, 0, gc, infinity, 0)), problem: "bad-varint" },
  { name: "Infinity as a client id", bytes: bytesOf(parts(1, 1, infinity, 0, gc, 1, 0)), problem: "bad-varint" },
  { name: "Infinity as a clock", bytes: bytesOf(parts(1, 1, 5, infinity, gc, 1, 0)), problem: "bad-varint" },
  { name: "Infinity as a delete length", bytes: bytesOf(parts(0, 1, 5, 1, 0, infinity)), problem: "bad-varint" },
  {
    name: "a number above 2^53 - 1",
    bytes: bytesOf(parts(1, 1, new Uint8Array(7).fill(0xff), 0x7f, 0, gc, 1, 0)),
    problem: "bad-varint",
  },
  {
    name: "a number in more bytes than it needs",
    bytes: bytesOf(parts(1, 1, 5, Uint8Array.of(0x80, 0), gc, 1, 0)),
    problem: "bad-varint",
  },
  { name: "deep JSON in an embed", bytes: oneBlock(5, [item(embed, deepJson)]), problem: "json-too-deep" },
  { name: "deep JSON in a format", bytes: oneBlock(5, [item(6, "bold", deepJson)]), problem: "json-too-deep" },
  { name: "deep JSON in legacy JSON content", bytes: oneBlock(5, [item(2, 1, deepJson)]), problem: "json-too-deep" },
  { name: "deep nesting of any", bytes: oneBlock(5, [item(any, 1, anyNested(10_000))]), problem: "any-too-deep" },
  { name: "32 million structs announced, none there", bytes: hex("018090a10f0100"), problem: "count-beyond-bytes" },
  {
    name: "a billion elements announced in any",
    bytes: oneBlock(5, [item(any, 2 ** 30)]),
    problem: "count-beyond-bytes",
  },
  {
    name: "60,000 clients, each with a gap",
    bytes: bytesOf(gcBlocks(60_000, 5), parts(0)),
    problem: "too-many-clients",
  },
  {
    name: "a GC struct for 100,000 fake clients",
    bytes: bytesOf(gcBlocks(100_000, 0), parts(0)),
    problem: "too-many-clients",
  },
  {
    name: "100,000 root names, then an error",
    bytes: oneBlock(5, [
      ...Array.from({ length: 100_000 }, (_, index) => parts(Uint8Array.of(4), 1, `name ${index}`, "x")),
      parts(Uint8Array.of(31)),
    ]),
    problem: "too-many-root-names",
  },
  {
    name: "a good struct, then one whose origin is its own future",
    bytes: oneBlock(5, [item(4, "x"), parts(Uint8Array.of(0x84), 5, 9, "y")]),
    problem: "future-reference",
  },
  {
    name: "a parent in its own future",
    bytes: oneBlock(5, [parts(Uint8Array.of(4), 0, 5, 3, "y")]),
    problem: "future-reference",
  },
  {
    name: "two items, each the origin of the other",
    bytes: bytesOf(
      parts(2, 1, 6, 0, parts(Uint8Array.of(0x84), 5, 0, "x")),
      parts(1, 5, 0, parts(Uint8Array.of(0x84), 6, 0, "y"), 0),
    ),
    problem: "circular-references",
  },
  {
    name: "a __proto__ map key",
    bytes: oneBlock(5, [parts(Uint8Array.of(0x28), 1, "t", "__proto__", 1, Uint8Array.of(126))]),
    problem: "forbidden-key",
  },
  {
    name: "a __proto__ top-level name",
    bytes: oneBlock(5, [parts(Uint8Array.of(4), 1, "__proto__", "x")]),
    problem: "forbidden-key",
  },
  { name: "a __proto__ format", bytes: oneBlock(5, [item(6, "__proto__", "true")]), problem: "forbidden-key" },
  {
    name: "a __proto__ key in an embed",
    bytes: oneBlock(5, [item(embed, '{"a":[{"__proto__":1}]}')]),
    problem: "forbidden-key",
  },
  {
    name: "an escaped __proto__ key in an embed",
    bytes: oneBlock(5, [item(embed, '{"\\u005f_pr\\u006fto__":1}')]),
    problem: "forbidden-key",
  },
  {
    name: "a __proto__ key in any",
    bytes: oneBlock(5, [item(any, 1, Uint8Array.of(118), 1, "__proto__", Uint8Array.of(126))]),
    problem: "forbidden-key",
  },
  {
    name: "a sub-document that replaces its guid",
    bytes: oneBlock(5, [item(subdocument, "guid", Uint8Array.of(118), 1, "guid", Uint8Array.of(126))]),
    problem: "forbidden-key",
  },
  {
    name: "a sub-document with options undefined",
    bytes: oneBlock(5, [item(subdocument, "guid", Uint8Array.of(127))]),
    problem: "bad-subdocument-options",
  },
  {
    name: "100,000 sub-documents",
    bytes: oneBlock(
      5,
      Array.from({ length: 100_000 }, () => item(subdocument, "", Uint8Array.of(118), 0)),
    ),
    problem: "too-many-subdocuments",
  },
  { name: "an empty string", bytes: oneBlock(5, [item(4, "")]), problem: "zero-length-struct" },
  { name: "a GC of length 0", bytes: oneBlock(5, [parts(gc, 0)]), problem: "zero-length-struct" },
  { name: "a tombstone of length 0", bytes: oneBlock(5, [item(1, 0)]), problem: "zero-length-struct" },
  { name: "any content without elements", bytes: oneBlock(5, [item(any, 0)]), problem: "zero-length-struct" },
  { name: "a deletion of length 0", bytes: bytesOf(parts(0, 1, 5, 1, 3, 0)), problem: "zero-length-delete" },
  { name: "a client twice", bytes: bytesOf(parts(2, 1, 5, 0, gc, 1, 1, 5, 1, gc, 1, 0)), problem: "duplicate-client" },
  { name: "ascending clients", bytes: bytesOf(parts(2, 1, 5, 0, gc, 1, 1, 6, 1, gc, 1, 0)), problem: "client-order" },
  { name: "a client without structs", bytes: bytesOf(parts(1, 0, 5, 0, 0, 0, 0)), problem: "empty-client-block" },
  {
    name: "a client twice in the delete set",
    bytes: bytesOf(parts(0, 2, 5, 1, 0, 1, 5, 1, 3, 1)),
    problem: "duplicate-delete-client",
  },
  {
    name: "a struct beyond the largest clock",
    bytes: bytesOf(parts(1, 1, 5, 2 ** 40, gc, 1, 0)),
    problem: "clock-too-large",
  },
  {
    name: "a deletion beyond the largest clock",
    bytes: bytesOf(parts(0, 1, 5, 1, 2 ** 40, 1)),
    problem: "clock-too-large",
  },
  {
    name: "an origin beyond the largest clock",
    bytes: oneBlock(5, [parts(Uint8Array.of(0x84), victim, 2 ** 41, "x")]),
    problem: "clock-too-large",
  },
  { name: "an unknown content", bytes: oneBlock(5, [item(11, 1)]), problem: "unknown-content" },
  {
    name: "a Skip with item bits",
    bytes: oneBlock(5, [parts(Uint8Array.of(0x8a), 1, 0, 1)]),
    problem: "unknown-content",
  },
  { name: "a GC with item bits", bytes: oneBlock(5, [parts(Uint8Array.of(0x80), 1)]), problem: "unknown-content" },
  { name: "an unknown type", bytes: oneBlock(5, [item(type, 7)]), problem: "unknown-type" },
  {
    name: "an unknown sort of parent",
    bytes: oneBlock(5, [parts(Uint8Array.of(4), 2, "t", "x")]),
    problem: "unknown-parent",
  },
  {
    name: "an unknown sort of any",
    bytes: oneBlock(5, [item(any, 1, Uint8Array.of(115))]),
    problem: "unknown-any-type",
  },
  {
    name: "a lone surrogate",
    bytes: oneBlock(5, [item(4, Uint8Array.of(3, 0xed, 0xa0, 0x80))]),
    problem: "string-not-utf8",
  },
  {
    name: "an over-long UTF-8 form",
    bytes: oneBlock(5, [item(4, Uint8Array.of(2, 0xc0, 0xaf))]),
    problem: "string-not-utf8",
  },
  { name: "JSON that is none", bytes: oneBlock(5, [item(embed, "{a:1}")]), problem: "bad-json" },
  { name: "bytes after the end", bytes: bytesOf(parts(0, 0, 0)), problem: "trailing-bytes" },
  { name: "an update cut short", bytes: oneBlock(5, [item(4, "hello")]).subarray(0, 9), problem: "unexpected-end" },
  { name: "nothing at all", bytes: new Uint8Array(0), problem: "unexpected-end" },
];

/** Well-formed: what they do wrong shows only against what is known (client-id binding, the bound on deletions). */
export const stateDependent: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  { name: "a gap that would be parked", bytes: bytesOf(parts(1, 1, 5, 5, gc, 1, 0)) },
  { name: "clock theft", bytes: hex("010192210500e80700") },
  { name: "a deletion of the future", bytes: hex("0001922101008080808008") },
];

/**
 * Well-formed, applicable, and still Yjs throws while it collects garbage: a string under a key of a map, deleted in
 * part. A validator that refused a string under a key would not help (an origin puts it there as well) and would refuse
 * the states of documents that hold one. Only a trial apply finds these.
 */
export const throwsWhenApplied: Uint8Array = hex(
  "0206020027010174016c0624000200016b0361626387020202c102000202024702040141010002010100000200",
);

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
