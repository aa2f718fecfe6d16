import { describe, expect, test } from "vitest";
import { Coverage } from "./coverage.ts";
import type { SessionId } from "./ports.ts";
import type { UpdateSummary } from "./update-summary.ts";
import { Writers } from "./writers.ts";

const [own, twin, other] = ["own", "twin", "other"] as unknown as readonly [SessionId, SessionId, SessionId];
const client = 7;

function summary(clock: number, length: number): UpdateSummary {
  return { structs: [{ client, clock, length, kind: "item" }], deletes: [], structCount: 1, needs: new Map() };
}

describe("who writes with a client id", () => {
  test("DU12 who is known from the log alone is its writer", () => {
    const writers = new Writers(own);
    expect(writers.isAnothers(client, twin)).toBe(false);
    writers.read(summary(0, 5), other, Coverage.empty());
    expect(writers.isAnothers(client, twin)).toBe(true);
    expect(writers.isAnothers(client, other)).toBe(false);
    expect(writers.isUnheard(client)).toBe(true);
  });

  test("DU12 an entry that brings nothing new changes no writer; a later one that does, does", () => {
    const writers = new Writers(own);
    const shadow = Coverage.empty();
    writers.read(summary(0, 5), other, shadow);
    shadow.add(summary(0, 5));
    writers.read(summary(0, 5), twin, shadow);
    expect(writers.isAnothers(client, other)).toBe(false);
    writers.read(summary(3, 4), twin, shadow);
    expect(writers.isAnothers(client, other)).toBe(true);
  });

  test("DU12 the log's word outranks what was heard", () => {
    const writers = new Writers(own);
    writers.took(summary(0, 5), twin, () => 0);
    writers.read(summary(0, 5), other, Coverage.empty());
    expect(writers.isAnothers(client, twin)).toBe(true);
    expect(writers.isAnothers(client, other)).toBe(false);
    expect(writers.isUnheard(client)).toBe(false);
  });

  test("DU12 own structs stay own, whoever repeats their clocks or is named by the log", () => {
    const writers = new Writers(own);
    writers.wrote(client);
    writers.took(summary(0, 5), twin, () => 6);
    writers.took(summary(6, 1), twin, () => 6);
    writers.read(summary(0, 5), twin, Coverage.empty());
    expect(writers.isUnheard(client)).toBe(true);
    expect(writers.isAnothers(client, twin)).toBe(true);
  });

  test("DU12 a later session on the same document knows who else writes, and that its former self is gone", () => {
    const former = new Writers(own);
    former.took(summary(0, 5), twin, () => 0);
    const later = new Writers(other, former);
    expect(later.isUnheard(client)).toBe(false);
    expect(later.isAnothers(client, own)).toBe(true);
    former.left(twin);
    former.wrote(client);
    expect(new Writers(other, former).isAnothers(client, twin)).toBe(false);
    former.read(summary(0, 5), twin, Coverage.empty());
    expect(new Writers(other, former).isAnothers(client, own)).toBe(true);
  });

  test("DU12 whose words are held is known whatever way they came; nobody's else are own", () => {
    const writers = new Writers(own);
    expect(writers.source(client)).toBe(own);
    writers.bring(summary(0, 5), twin, () => 0);
    writers.bring(summary(0, 5), other, () => 5);
    expect(writers.source(client)).toBe(twin);
    writers.bring(summary(3, 4), other, () => 5);
    expect(writers.source(client)).toBe(other);
    expect(new Writers(twin, writers).source(client)).toBe(other);
  });

  test("DU12 when a session is gone, another may go on with its id", () => {
    const writers = new Writers(own);
    writers.took(summary(0, 5), twin, () => 0);
    writers.read(summary(0, 5), twin, Coverage.empty());
    expect(writers.isAnothers(client, other)).toBe(true);
    expect(writers.isHeardFrom(client, twin)).toBe(true);
    writers.left(twin);
    expect(writers.isAnothers(client, other)).toBe(false);
    // It may come back and go on.
    expect([writers.isHeardFrom(client, twin), writers.isHeardFrom(client, other)]).toEqual([true, false]);
    writers.took(summary(5, 1), other, () => 5);
    expect([writers.isHeardFrom(client, twin), writers.isHeardFrom(client, other)]).toEqual([false, true]);
  });
});
