import { describe, expect, test } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { documentKey, recordKey } from "../keys.ts";
import type { Operation } from "../writer.ts";
import type { BlobAccess, Fetched } from "./blobs.ts";
import { Documents } from "./documents.ts";
import { blobLimits } from "./limits.ts";
import { BlobWriter } from "./writer.ts";

type Trouble = "lost-before" | "lost-after" | "refused";

/** Blobs in memory whose writes can go wrong in the ways a network has. */
class FakeBlobs implements BlobAccess {
  readonly kept: Map<string, Fetched> = new Map();
  /** What happens to the next writes of roots. */
  readonly troubles: Trouble[] = [];
  /** Called before each write of a root, as another server's chance. */
  meanwhile: () => void = () => undefined;
  #version = 0;

  async get(name: string, etag: string | null): Promise<Fetched | "unchanged" | null> {
    const found = this.kept.get(name) ?? null;
    return found && found.etag === etag ? "unchanged" : found;
  }

  async put(name: string, bytes: Uint8Array, etag: string | null): Promise<string | "conflict"> {
    const trouble = name.startsWith("roots/") ? this.troubles.shift() : undefined;
    if (name.startsWith("roots/")) this.meanwhile();
    if (trouble === "refused") throw Object.assign(new Error("AuthorizationFailure"), { statusCode: 403 });
    if (trouble === "lost-before") throw new Error("socket hang up");
    if ((this.kept.get(name)?.etag ?? null) !== etag) return "conflict";
    this.#version += 1;
    const stored = { bytes: bytes.slice(), etag: `"${this.#version}"` };
    this.kept.set(name, stored);
    if (trouble === "lost-after") throw new Error("socket hang up");
    return stored.etag;
  }

  async *list(prefix: string): AsyncGenerator<{ readonly name: string; readonly ageMs: number }> {
    for (const name of [...this.kept.keys()].sort()) {
      if (name.startsWith(prefix)) yield { name, ageMs: 2 * blobLimits.orphanMs };
    }
  }

  async remove(name: string): Promise<void> {
    this.kept.delete(name);
  }
}

const key = documentKey("a document" as DocumentId);
const head = recordKey("head", key);

/** Adds one to the number in the head record, and answers it. */
const count: Operation<number> = {
  keys: [head],
  bytes: 1,
  decide(draft) {
    const next = (draft.get(head)?.[0] ?? 0) + 1;
    draft.put(head, Uint8Array.of(next));
    return next;
  },
};

function record(name: string, bytes: number): Operation<void> {
  const recordName = recordKey("entry", key, name);
  return { keys: [head], bytes, decide: (draft) => draft.put(recordName, new Uint8Array(bytes).fill(1)) };
}

function remove(names: readonly string[]): Operation<void> {
  return {
    keys: [head],
    bytes: 1,
    decide(draft) {
      for (const name of names) draft.remove(recordKey("entry", key, name));
    },
  };
}

async function scan(documents: Documents): Promise<string[]> {
  const from = recordKey("entry", key);
  const { view } = await documents.look(key);
  return (await view.scan({ from, to: `${from}~` })).map((one) => one.key.slice(from.length));
}

function server(blobs: FakeBlobs): { readonly documents: Documents; readonly writer: BlobWriter } {
  const documents = new Documents(blobs);
  return { documents, writer: new BlobWriter(documents) };
}

describe("BlobWriter", () => {
  test("what is submitted while a root is written goes into the next one", async () => {
    const blobs = new FakeBlobs();
    let writes = 0;
    blobs.meanwhile = () => {
      writes += 1;
    };
    const { writer } = server(blobs);
    const numbers = await Promise.all(Array.from({ length: 20 }, () => writer.submit(count)));
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(writes).toBe(1);
  });

  test("whoever comes second decides anew on what the first wrote", async () => {
    const blobs = new FakeBlobs();
    const [one, two] = [server(blobs), server(blobs)];
    const numbers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? one : two).writer.submit(count)),
    );
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("a write whose answer was lost counts once, whether it got through or not", async () => {
    for (const trouble of ["lost-after", "lost-before"] as const) {
      const blobs = new FakeBlobs();
      const { writer } = server(blobs);
      await writer.submit(count);
      blobs.troubles.push(trouble, trouble);
      expect(await writer.submit(count)).toBe(2);
      expect(await writer.submit(count)).toBe(3);
    }
  });

  test("a write that got through without an answer counts once, also when others wrote after it", async () => {
    const blobs = new FakeBlobs();
    const [one, two] = [server(blobs), server(blobs)];
    await one.writer.submit(count);
    blobs.troubles.push("lost-after");
    const numbers = await Promise.all([one.writer.submit(count), two.writer.submit(count), two.writer.submit(count)]);
    expect(numbers.sort((a, b) => a - b)).toEqual([2, 3, 4]);
  });

  test("what the service refuses is certainly not stored, and not tried again", async () => {
    const blobs = new FakeBlobs();
    const { writer } = server(blobs);
    blobs.troubles.push("refused");
    await expect(writer.submit(count)).rejects.toMatchObject({ name: "StoreError", code: "not-durable" });
    expect(await writer.submit(count)).toBe(1);
  });

  test("records move into runs, runs become one, and removed ones stay removed", async () => {
    const blobs = new FakeBlobs();
    const { documents, writer } = server(blobs);
    const names = Array.from({ length: 40 }, (_, index) => `${index}`.padStart(2, "0"));
    let runsMost = 0;
    for (const name of names) {
      await writer.submit(record(name, 30_000));
      runsMost = Math.max(runsMost, (await documents.look(key)).view.image.runs.length);
    }
    expect(runsMost).toBe(blobLimits.runsMax);
    expect(await scan(documents)).toEqual(names);
    await writer.submit(remove(names.slice(0, 25)));
    expect(await scan(documents)).toEqual(names.slice(25));
    expect(await scan(server(blobs).documents)).toEqual(names.slice(25));
    await writer.submit(remove(names));
    expect(await scan(documents)).toEqual([]);
  });

  test("parts that no root names go, those that one names stay", async () => {
    const blobs = new FakeBlobs();
    const { documents, writer } = server(blobs);
    await writer.submit(record("large", 200_000));
    await writer.submit(record("gone", 200_000));
    for (let name = 10; name < 40; name++) await writer.submit(record(`${name}`, 30_000));
    const parts = () => [...blobs.kept.keys()].filter((name) => name.startsWith("parts/")).length;
    expect(parts()).toBeGreaterThan(10);
    await writer.submit(remove(["gone"]));
    const { runs } = (await documents.look(key)).view.image;
    // The runs, and the large value that stays.
    while (parts() > runs.length + 1) await new Promise(setImmediate);
    await writer.close();
    expect(parts()).toBe(runs.length + 1);
    expect(await scan(server(blobs).documents)).toHaveLength(31);
  });

  test("a part that is missing while the root still names it is corrupt", async () => {
    const blobs = new FakeBlobs();
    await server(blobs).writer.submit(record("large", 200_000));
    for (const name of blobs.kept.keys()) if (name.startsWith("parts/")) blobs.kept.delete(name);
    const { documents, writer } = server(blobs);
    await expect(
      documents.reading(key, ({ view }) => view.all().then(() => view.scan({ from: "e", to: "f" }))),
    ).rejects.toMatchObject({ code: "corrupt" });
    const reads: Operation<number> = {
      keys: [head],
      bytes: 1,
      decide: async (draft) =>
        (await draft.read({ from: recordKey("entry", key), to: `${recordKey("entry", key)}~` })).length,
    };
    await expect(writer.submit(reads)).rejects.toMatchObject({ name: "StoreError", code: "corrupt" });
  });
});
