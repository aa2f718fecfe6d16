import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { StoreError } from "../core/document-store.ts";
import { historyLimits } from "./limits.ts";

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
/** A quarter of the raw size at 60 ms for 3 MB; more costs seconds. */
const quality = 5;
const codecs = { raw: 0, brotli: 1 } as const;

/** `codec u8 · bytes`: what history keeps is written once and read rarely. Runs in the thread pool. */
export async function pack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length < historyLimits.packBytesMin) return headed(codecs.raw, bytes);
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const packed = await compress(bytes, { params });
  return packed.length < bytes.length ? headed(codecs.brotli, packed) : headed(codecs.raw, bytes);
}

/** Throws a `StoreError` "corrupt" when it is nothing that `pack` made. */
export async function unpack(packed: Uint8Array): Promise<Uint8Array> {
  const body = packed.subarray(1);
  switch (packed[0]) {
    case codecs.raw:
      return body;
    case codecs.brotli:
      try {
        const bytes = await decompress(body, { maxOutputLength: historyLimits.unpackedBytesMax });
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      } catch (error) {
        throw new StoreError("corrupt", "A part of the history cannot be unpacked. Restore from a backup.", {
          cause: error,
        });
      }
    default:
      throw new StoreError("corrupt", `A part of the history has the unknown codec ${packed[0]}. Use a newer program.`);
  }
}

function headed(codec: number, bytes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(bytes.length + 1);
  packed[0] = codec;
  packed.set(bytes, 1);
  return packed;
}
