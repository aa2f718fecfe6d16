import { beforeEach, describe, expect, test } from "vitest";
import { storeLimits } from "./limits.ts";
import { MemoryTable } from "./memory-table.ts";
import type { Changes } from "./table.ts";
import { type Operation, Writer } from "./writer.ts";

/** Counts the writes, and holds each until it is let go. */
class SlowTable extends MemoryTable {
  readonly written: string[][] = [];
  readonly #held: (() => void)[] = [];
  failing: Error | null = null;

  override async write(changes: Changes): Promise<void> {
    this.written.push([...changes.keys()]);
    await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.failing) throw this.failing;
    await super.write(changes);
  }

  /** Lets the write under way go, once there is one. */
  async go(): Promise<void> {
    while (this.#held.length === 0) await new Promise(setImmediate);
    this.#held.shift()?.();
  }
}

function put(key: string, bytes = 1): Operation<string> {
  return {
    keys: [],
    bytes,
    decide(draft) {
      draft.put(key, Uint8Array.of(1));
      return key;
    },
  };
}

describe("Writer", () => {
  let table: SlowTable;
  let writer: Writer;
  beforeEach(() => {
    table = new SlowTable();
    writer = new Writer(table);
  });

  test("what is submitted in one turn is one batch, and what comes while it is written is the next", async () => {
    const first = [writer.submit(put("a")), writer.submit(put("b"))];
    while (table.written.length === 0) await new Promise(setImmediate);
    const second = ["c", "d", "e"].map((key) => writer.submit(put(key)));
    await table.go();
    expect(await Promise.all(first)).toEqual(["a", "b"]);
    await table.go();
    expect(await Promise.all(second)).toEqual(["c", "d", "e"]);
    expect(table.written).toEqual([
      ["a", "b"],
      ["c", "d", "e"],
    ]);
  });

  test("nothing resolves before its batch is written, also what had nothing to write", async () => {
    const order: string[] = [];
    const looking = writer.submit(put("a")).then(() => order.push("a"));
    const nothing = writer
      .submit({ keys: ["a"], bytes: 1, decide: (draft) => draft.get("a") })
      .then((value) => order.push(value ? "saw a" : "saw nothing"));
    while (table.written.length === 0) await new Promise(setImmediate);
    expect(order).toEqual([]);
    await table.go();
    await Promise.all([looking, nothing]);
    expect(order).toEqual(["a", "saw a"]);
  });

  test("an operation that throws writes nothing; the others of its batch are written", async () => {
    const throwing = writer.submit({
      keys: [],
      bytes: 1,
      decide(draft) {
        draft.put("half", Uint8Array.of(1));
        throw new Error("decided not to");
      },
    });
    const refused = expect(throwing).rejects.toThrow("decided not to");
    const fine = writer.submit(put("a"));
    await table.go();
    await Promise.all([refused, fine]);
    expect(table.written).toEqual([["a"]]);
  });

  test("a failed write rejects its batch only", async () => {
    table.failing = new Error("disk");
    const failed = [writer.submit(put("a")), writer.submit(put("b"))];
    await table.go();
    for (const outcome of await Promise.allSettled(failed)) expect(outcome).toMatchObject({ status: "rejected" });
    table.failing = null;
    const next = writer.submit(put("c"));
    await table.go();
    expect(await next).toBe("c");
    expect(await table.getMany(["a", "c"])).toEqual([null, Uint8Array.of(1)]);
  });

  test("ranges show what the batch wrote before, over what is stored", async () => {
    const stored = writer.submit(put("k1"));
    await table.go();
    await stored;
    const seen = writer.submit({
      keys: [],
      bytes: 1,
      async decide(draft) {
        draft.put("k3", Uint8Array.of(3));
        draft.put("k2", Uint8Array.of(2));
        draft.put("l", Uint8Array.of(4));
        const before = await draft.read({ from: "k", to: "l" });
        draft.remove("k1");
        return [before, await draft.read({ from: "k", to: "l" })].map((records) => records.map(({ key }) => key));
      },
    });
    await table.go();
    expect(await seen).toEqual([
      ["k1", "k2", "k3"],
      ["k2", "k3"],
    ]);
  });

  test("batches and the queue are bounded; what does not fit is certainly not stored", async () => {
    const big = Array.from({ length: 3 }, (_, index) => writer.submit(put(`big ${index}`, storeLimits.batchBytesMax)));
    const huge = writer.submit(put("huge", storeLimits.queueBytesMax));
    await expect(huge).rejects.toMatchObject({ name: "StoreError", code: "not-durable" });
    for (const _ of big) await table.go();
    await Promise.all(big);
    expect(table.written.map((keys) => keys.length)).toEqual([1, 1, 1]);
  });
});
