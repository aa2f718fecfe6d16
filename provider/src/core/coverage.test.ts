import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import { EditingSession } from "./testing/editing-session.ts";
import { bytesOf, infinity, item, oneBlock, parts } from "./testing/hostile.ts";
import { mutated } from "./testing/mutation.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { UpdateSummary } from "./update-summary.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

const seed = Number(process.env["SEED"] ?? 20261121);

function summaryOf(update: Uint8Array): UpdateSummary {
  const validated = validateUpdate(update, uploadLimits);
  if (!validated.ok) throw new Error(validated.problem);
  return validated.summary;
}

function decoded(bytes: Uint8Array): Coverage {
  const result = Coverage.decode(bytes);
  if (!result.ok) throw new Error(result.problem);
  return result.value;
}

/** Structs of client 5 from `clock` on, and optionally a deletion. */
function update(clock: number, length: number, deletion: readonly [number, number] | null = null): UpdateSummary {
  const deletes = deletion === null ? parts(0) : parts(1, 5, 1, ...deletion);
  return summaryOf(bytesOf(parts(1, 1, 5, clock, item(4, "x".repeat(length))), deletes));
}

describe("SY11 what is missing before an update can be applied", () => {
  test(`nothing is missing exactly when Yjs parks nothing (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const counts = { applicable: 0, ahead: 0 };
    for (let session = 0; session < 40; session++) {
      const editing = new EditingSession(random);
      editing.run(40);
      const known = Coverage.empty();
      let state = Y.encodeStateAsUpdate(new Y.Doc());
      for (let sample = 0; sample < 60; sample++) {
        const candidate = editing.anyUpdate();
        const summary = summaryOf(candidate);
        const replica = new Y.Doc();
        Y.applyUpdate(replica, state);
        Y.applyUpdate(replica, candidate);
        const parked = replica.store.pendingStructs !== null || replica.store.pendingDs !== null;
        const missing = known.missingFor(summary);
        expect(missing.length > 0).toBe(parked);
        if (parked) counts.ahead++;
        else {
          counts.applicable++;
          known.add(summary);
          expect(known.covers(summary)).toBe(true);
          expect(known.clocks).toEqual(Y.decodeStateVector(Y.encodeStateVector(replica)));
          // A fold may know fewer deletions than the document (lost races for map keys), never more.
          expect(known.missingFrom(Coverage.fromSnapshot(Y.snapshot(replica)))).toEqual({ structs: [], deletes: [] });
          state = Y.encodeStateAsUpdate(replica);
        }
        replica.destroy();
      }
      editing.destroy();
    }
    expect(Math.min(counts.applicable, counts.ahead)).toBeGreaterThan(200);
  }, 60_000);

  test("predecessors, references and deletions are named once each, as ranges", () => {
    const summary = summaryOf(
      bytesOf(parts(1, 2, 5, 10, item(4, "xy"), parts(Uint8Array.of(0x84), 9, 6, "z")), parts(1, 5, 2, 2, 1, 20, 2)),
    );
    expect(Coverage.empty().missingFor(summary)).toEqual([
      { client: 5, clock: 0, length: 10 },
      { client: 5, clock: 13, length: 9 },
      { client: 9, clock: 0, length: 7 },
    ]);
  });
});

describe("folding updates", () => {
  test("structs behind a hole do not count, and count once the hole is filled and they come again", () => {
    const coverage = Coverage.empty();
    coverage.add(update(3, 2));
    expect(coverage.clock(5)).toBe(0);
    coverage.add(update(0, 3));
    coverage.add(update(3, 2));
    expect(coverage.clock(5)).toBe(5);
    expect(coverage.covers(update(1, 4))).toBe(true);
    expect(coverage.covers(update(1, 5))).toBe(false);
  });

  test("a GC struct and a tombstone are deletions", () => {
    const coverage = Coverage.empty();
    coverage.add(summaryOf(oneBlock(5, [parts(0, 2), item(1, 3)])));
    expect(coverage.covers(update(0, 5, [0, 5]))).toBe(true);
  });

  test("a known struct is not covered while its deletion is unknown", () => {
    const coverage = Coverage.empty();
    coverage.add(update(0, 5));
    expect(coverage.covers(update(0, 5, [1, 2]))).toBe(false);
    coverage.add(update(0, 5, [0, 2]));
    expect(coverage.covers(update(0, 5, [1, 2]))).toBe(false);
    coverage.add(update(0, 5, [2, 1]));
    expect(coverage.covers(update(0, 5, [1, 2]))).toBe(true);
  });

  test("an update straddles when it begins in the known and ends in the unknown", () => {
    const coverage = Coverage.empty();
    coverage.add(update(0, 5));
    expect([update(0, 5), update(5, 2), update(3, 3)].map((summary) => coverage.straddles(summary))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("a clone goes its own way", () => {
    const coverage = Coverage.empty();
    coverage.add(update(0, 5, [1, 1]));
    const clone = coverage.clone();
    clone.add(update(5, 1, [3, 1]));
    expect(coverage.equals(clone)).toBe(false);
    expect(clone.missingFrom(coverage)).toEqual({
      structs: [{ client: 5, clock: 5, length: 1 }],
      deletes: [{ client: 5, clock: 3, length: 1 }],
    });
    expect(coverage.missingFrom(clone)).toEqual({ structs: [], deletes: [] });
  });
});

describe("encoding", () => {
  test(`coverages of random documents survive encode and decode, and Y.encodeSnapshot agrees (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let session = 0; session < 40; session++) {
      const editing = new EditingSession(random);
      editing.run(60);
      const [first, second] = editing.docs.map((doc) => {
        const snapshot = Y.snapshot(doc);
        const coverage = Coverage.fromSnapshot(snapshot);
        const bytes = coverage.encode();
        expect(decoded(bytes).equals(coverage)).toBe(true);
        expect(decoded(bytes).encode()).toEqual(bytes);
        expect(Coverage.fromSnapshotBytes(Y.encodeSnapshot(snapshot))).toEqual({ ok: true, value: coverage });
        return coverage;
      });
      if (first === undefined || second === undefined) throw new Error("a session has three documents");
      expect(first.equals(second)).toBe(Buffer.from(first.encode()).equals(Buffer.from(second.encode())));
      editing.destroy();
    }
  });

  test(`of 20,000 damaged encodings, those that decode encode to the same bytes (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const coverage = Coverage.empty();
    coverage.add(update(0, 300, [1, 2]));
    coverage.add(update(0, 300, [9, 200]));
    coverage.add(summaryOf(oneBlock(70_000, [parts(0, 5)])));
    const bytes = coverage.encode();
    let accepted = 0;
    for (let sample = 0; sample < 20_000; sample++) {
      const damaged = mutated(random, bytes, bytes);
      const result = Coverage.decode(damaged);
      if (!result.ok) continue;
      accepted++;
      expect(result.value.encode()).toEqual(damaged);
    }
    expect(accepted).toBeGreaterThan(500);
  });

  test.each([
    { name: "a billion clients", bytes: bytesOf(parts(2 ** 30)), problem: "count-beyond-bytes" },
    { name: "Infinity as a clock", bytes: bytesOf(parts(1, 5, infinity, 0)), problem: "bad-varint" },
    { name: "a clock too large", bytes: bytesOf(parts(1, 5, 2 ** 40 + 1, 0)), problem: "clock-too-large" },
    { name: "a client twice", bytes: bytesOf(parts(2, 5, 1, 0, 0, 1, 0)), problem: "duplicate-client" },
    { name: "a client of nothing", bytes: bytesOf(parts(1, 5, 0, 0)), problem: "empty-client" },
    { name: "touching ranges", bytes: bytesOf(parts(1, 5, 9, 2, 0, 1, 0, 1)), problem: "bad-range" },
    { name: "an empty range", bytes: bytesOf(parts(1, 5, 9, 1, 0, 0)), problem: "bad-range" },
    { name: "trailing bytes", bytes: bytesOf(parts(0, 0)), problem: "trailing-bytes" },
  ])("$name is refused: $problem", ({ bytes, problem }) => {
    expect(Coverage.decode(bytes)).toEqual({ ok: false, problem });
  });

  test("a snapshot with a client twice is refused", () => {
    const bytes = bytesOf(parts(0, 2, 5, 1, 5, 2));
    expect(Coverage.fromSnapshotBytes(bytes)).toEqual({ ok: false, problem: "duplicate-client" });
  });
});
