import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { snapshotCacheLimits } from "./limits.ts";
import { type Demand, type Encoding, SnapshotCache } from "./snapshot-cache.ts";

const body = new Uint8Array(10_000).fill(7);

describe("SnapshotCache", () => {
  test("encodes once for all joiners, in each encoding", async () => {
    const cache = new SnapshotCache();
    let asked = 0;
    const raw = async () => {
      asked += 1;
      return body;
    };
    const [one, two] = await Promise.all([cache.get("s", "br", raw), cache.get("s", "br", raw)]);
    expect([asked, two?.body]).toEqual([1, one?.body]);
    expect(new Uint8Array(brotliDecompressSync(one?.body ?? new Uint8Array()))).toEqual(body);
    const zipped = await cache.get("s", "gzip", raw);
    expect(new Uint8Array(gunzipSync(zipped?.body ?? new Uint8Array()))).toEqual(body);
    expect(await cache.get("s", "identity", raw)).toEqual({ encoding: "identity", body });
    expect(asked).toBe(3);
  });

  test("what is seldom asked for is encoded faster: larger, and the same", async () => {
    const words = Buffer.from(Array.from({ length: 5_000 }, (_, at) => `shape ${(at * 7_919) % 1_000}`).join(" "));
    const made = async (encoding: Encoding, demand: Demand) => {
      return (await new SnapshotCache().get("s", encoding, async () => words, demand))?.body ?? new Uint8Array();
    };
    for (const [encoding, decode] of [["br", brotliDecompressSync] as const, ["gzip", gunzipSync] as const]) {
      const [often, seldom] = [await made(encoding, "often"), await made(encoding, "seldom")];
      expect(decode(seldom).equals(words)).toBe(true);
      expect(seldom.length).toBeGreaterThan(often.length);
    }
  });

  test("small bodies are not compressed", async () => {
    const small = Uint8Array.of(1, 2, 3);
    expect(await new SnapshotCache().get("s", "br", async () => small)).toEqual({ encoding: "identity", body: small });
  });

  test("what is gone or failed is asked for again", async () => {
    const cache = new SnapshotCache();
    expect(await cache.get("s", "br", async () => null)).toBeNull();
    await expect(cache.get("s", "br", () => Promise.reject(new Error("store")))).rejects.toThrow("store");
    expect(await cache.get("s", "br", async () => body)).toMatchObject({ encoding: "br" });
  });

  test("is bounded by bytes: the least recently used leave", async () => {
    const cache = new SnapshotCache();
    const third = new Uint8Array(Math.ceil(snapshotCacheLimits.bytesMax / 3));
    let asked = 0;
    const raw = async () => {
      asked += 1;
      return third;
    };
    for (const key of ["a", "b", "a", "c", "a"]) await cache.get(key, "identity", raw);
    expect(asked).toBe(3);
    await cache.get("b", "identity", raw);
    expect(asked).toBe(4);
  });
});
