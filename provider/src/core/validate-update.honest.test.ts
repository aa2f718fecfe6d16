import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { mergeRanges } from "./range-set.ts";
import { EditingSession } from "./testing/editing-session.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { Range, StructKind, StructRange, UpdateSummary } from "./update-summary.ts";
import { uploadLimits, validateUpdate } from "./validate-update.ts";

const seed = Number(process.env["SEED"] ?? 20261121);
const full = process.env["TEST_FULL"] === "1";
const sessions = full ? 5_000 : 200;
const updates = (sessions * 100).toLocaleString("en");

describe("honest updates", () => {
  test(`${updates} updates of random editing are accepted and summarised as Yjs decodes them (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const kinds = new Set<StructKind>();
    const contents = new Set<string>();
    for (let session = 0; session < sessions; session++) {
      const editing = new EditingSession(random);
      for (let sample = 0; sample < 100; sample++) {
        editing.run(3);
        const update = editing.anyUpdate();
        const validated = validateUpdate(update, uploadLimits);
        if (!validated.ok) throw new Error(`${validated.problem}: ${Buffer.from(update).toString("hex")}`);
        const decoded = Y.decodeUpdate(update);
        const expected = summaryOf(decoded);
        expect(validated.summary).toEqual(expected);
        for (const range of validated.summary.structs) kinds.add(range.kind);
        for (const struct of decoded.structs)
          if (struct instanceof Y.Item) contents.add(struct.content.constructor.name);
      }
      editing.destroy();
    }
    expect([...kinds].sort()).toEqual(["deleted", "gc", "item", "skip"]);
    // Every content that Yjs 13 writes; ContentJSON is only ever read.
    expect([...contents].sort().map((name) => name.replace("Content", ""))).toEqual([
      "Any",
      "Binary",
      "Deleted",
      "Doc",
      "Embed",
      "Format",
      "String",
      "Type",
    ]);
  }, 7_200_000);
});

function summaryOf(decoded: ReturnType<typeof Y.decodeUpdate>): UpdateSummary {
  const structs = decoded.structs.map(
    (struct): StructRange => ({
      client: struct.id.client,
      clock: struct.id.clock,
      length: struct.length,
      kind: kindOf(struct),
    }),
  );
  const deletes: Range[] = [];
  for (const [client, items] of decoded.ds.clients) {
    for (const item of items) deletes.push({ client, clock: item.clock, length: item.len });
  }
  return {
    structs: mergedByKind(structs),
    deletes: mergeRanges(deletes),
    structCount: structs.length,
    needs: needsOf(decoded.structs, structs),
  };
}

function kindOf(struct: Y.Item | Y.GC | Y.Skip): StructKind {
  if (struct instanceof Y.GC) return "gc";
  if (struct instanceof Y.Skip) return "skip";
  return struct.content instanceof Y.ContentDeleted ? "deleted" : "item";
}

function mergedByKind(structs: readonly StructRange[]): readonly StructRange[] {
  const result: StructRange[] = [];
  const sorted = [...structs].sort((left, right) => left.client - right.client || left.clock - right.clock);
  for (const struct of sorted) {
    const last = result[result.length - 1];
    if (last?.client === struct.client && last.kind === struct.kind) {
      result[result.length - 1] = { ...last, length: last.length + struct.length };
    } else result.push(struct);
  }
  return result;
}

function needsOf(
  structs: readonly (Y.Item | Y.GC | Y.Skip)[],
  ranges: readonly StructRange[],
): ReadonlyMap<number, number> {
  const needs = new Map<number, number>();
  for (const struct of structs) {
    if (!(struct instanceof Y.Item)) continue;
    for (const id of [struct.origin, struct.rightOrigin, struct.parent]) {
      if (!(id instanceof Y.ID) || id.client === struct.id.client) continue;
      needs.set(id.client, Math.max(needs.get(id.client) ?? 0, id.clock + 1));
    }
  }
  for (const range of ranges) {
    if (range.kind !== "skip" && (needs.get(range.client) ?? 0) <= range.clock + range.length)
      needs.delete(range.client);
  }
  return needs;
}
