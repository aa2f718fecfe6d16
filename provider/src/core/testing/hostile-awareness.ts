import { bytesOf, type HostileCase, infinity, parts, type Write } from "./hostile.ts";

const victim = 4242;

function entry(client: number | Write, clock: number | Write, json: string): Write {
  return parts(client, clock, json);
}

export const hostileAwareness: readonly HostileCase[] = [
  { name: "Infinity as a clock", bytes: bytesOf(parts(1), entry(5, infinity, "null")), problem: "bad-varint" },
  { name: "Infinity as a client id", bytes: bytesOf(parts(1), entry(infinity, 5, "null")), problem: "bad-varint" },
  {
    name: "the largest clock for a victim",
    bytes: bytesOf(parts(1), entry(victim, Number.MAX_SAFE_INTEGER, "{}")),
    problem: "clock-too-large",
  },
  {
    name: "50,000 invented clients",
    bytes: bytesOf(parts(50_000), ...Array.from({ length: 50_000 }, (_, index) => entry(index, 1, "{}"))),
    problem: "too-many-entries",
  },
  { name: "a billion entries announced", bytes: bytesOf(parts(2 ** 30)), problem: "count-beyond-bytes" },
  {
    name: "a client twice",
    bytes: bytesOf(parts(2), entry(5, 1, "{}"), entry(5, 2, "{}")),
    problem: "duplicate-client",
  },
  {
    name: "a state above 4 KB",
    bytes: bytesOf(parts(1), entry(5, 1, JSON.stringify({ a: "x".repeat(4096) }))),
    problem: "json-too-large",
  },
  {
    name: "deep JSON",
    bytes: bytesOf(parts(1), entry(5, 1, `{"a":${"[".repeat(8)}${"]".repeat(8)}}`)),
    problem: "json-too-deep",
  },
  {
    name: "a __proto__ key",
    bytes: bytesOf(parts(1), entry(5, 1, '{"user":{"__proto__":{"admin":true}}}')),
    problem: "forbidden-key",
  },
  { name: "a state that is a word", bytes: bytesOf(parts(1), entry(5, 1, '"state"')), problem: "state-not-an-object" },
  { name: "a state that is a list", bytes: bytesOf(parts(1), entry(5, 1, "[]")), problem: "state-not-an-object" },
  { name: "JSON that is none", bytes: bytesOf(parts(1), entry(5, 1, "undefined")), problem: "bad-json" },
  { name: "bytes after the end", bytes: bytesOf(parts(1), entry(5, 1, "{}"), parts(0)), problem: "trailing-bytes" },
  { name: "nothing at all", bytes: new Uint8Array(0), problem: "unexpected-end" },
];
