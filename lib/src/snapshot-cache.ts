import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { snapshotCacheLimits } from "./limits.ts";

export type Encoding = "br" | "gzip" | "identity";

export interface EncodedSnapshot {
  readonly encoding: Encoding;
  readonly body: Uint8Array;
}

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);
const fast = constants.BROTLI_MIN_QUALITY + 1;
/** A sixth of the time of `good`, for a tenth more bytes. */
const quick = 2;
/** A quarter of the raw size at 60 ms for 3 MB; more costs seconds. */
const good = 5;
const gzipQuick = 3;

/** `often`: made once for many who join. `seldom`: somebody waits for it, and perhaps nobody else ever asks. */
export type Demand = "often" | "seldom";

interface Kept {
  readonly made: Promise<EncodedSnapshot | null>;
  bytes: number;
}

/** Encoded snapshots, made once for all joiners. Bounded by bytes; the least recently used leave first. */
export class SnapshotCache {
  readonly #kept: Map<string, Kept> = new Map();
  #bytes = 0;

  /** `raw` is called only when nothing is kept under `key` and `encoding`; null and failures are not kept. */
  async get(
    key: string,
    encoding: Encoding,
    raw: () => Promise<Uint8Array | null>,
    demand: Demand = "often",
  ): Promise<EncodedSnapshot | null> {
    const name = `${encoding} ${key}`;
    const known = this.#kept.get(name);
    if (known) {
      this.#kept.delete(name);
      this.#kept.set(name, known);
      return known.made;
    }
    const kept: Kept = { made: raw().then((body) => body && compress(body, encoding, demand)), bytes: 0 };
    this.#kept.set(name, kept);
    try {
      const made = await kept.made;
      if (made === null) this.#kept.delete(name);
      else this.#weigh(name, kept, made.body.length);
      return made;
    } catch (error) {
      this.#kept.delete(name);
      throw error;
    }
  }

  #weigh(name: string, kept: Kept, bytes: number): void {
    if (this.#kept.get(name) !== kept || kept.bytes > 0) return;
    kept.bytes = bytes;
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#kept) {
      if (this.#bytes <= snapshotCacheLimits.bytesMax) return;
      this.#kept.delete(oldest);
      this.#bytes -= freed;
    }
  }
}

async function compress(body: Uint8Array, encoding: Encoding, demand: Demand): Promise<EncodedSnapshot> {
  if (body.length < snapshotCacheLimits.compressBytesMin || encoding === "identity")
    return { encoding: "identity", body };
  if (encoding === "gzip") {
    return { encoding, body: await compressGzip(body, demand === "seldom" ? { level: gzipQuick } : {}) };
  }
  const best = demand === "seldom" ? quick : good;
  const quality = body.length < snapshotCacheLimits.quickBytes ? best : fast;
  return { encoding, body: await compressBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }) };
}
