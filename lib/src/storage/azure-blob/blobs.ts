import type { ContainerClient } from "@azure/storage-blob";
import { isConflict, isMissingBlob, statusOf } from "./errors.ts";
import { blobLimits } from "./limits.ts";

export interface Fetched {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** The few requests that the store makes. */
export interface BlobAccess {
  /** `unchanged`: it still has that ETag. Null: there is none. */
  get(name: string, etag: string | null): Promise<Fetched | "unchanged" | null>;
  /** Writes it if it still has that ETag (null: if there is none), and answers the new one. */
  put(name: string, bytes: Uint8Array, etag: string | null): Promise<string | "conflict">;
  /** Names in order. Pages lazily. */
  list(prefix: string): AsyncGenerator<{ readonly name: string; readonly ageMs: number }>;
  remove(name: string): Promise<void>;
}

/** Blobs of a container whose names begin with a prefix, which the store does not see. Rejects with the SDK's errors. */
export class Blobs implements BlobAccess {
  readonly #container: ContainerClient;
  readonly #prefix: string;

  constructor(container: ContainerClient, prefix: string) {
    this.#container = container;
    this.#prefix = prefix;
  }

  async get(name: string, etag: string | null): Promise<Fetched | "unchanged" | null> {
    const conditions = etag === null ? {} : { ifNoneMatch: etag };
    try {
      const blob = this.#container.getBlobClient(this.#prefix + name);
      const answer = await blob.download(0, undefined, { conditions, maxRetryRequests: blobLimits.triesMax });
      const pieces: Uint8Array[] = [];
      for await (const piece of answer.readableStreamBody ?? []) pieces.push(Buffer.from(piece));
      return { bytes: new Uint8Array(Buffer.concat(pieces)), etag: answer.etag ?? "" };
    } catch (error) {
      if (statusOf(error) === 304) return "unchanged";
      if (isMissingBlob(error)) return null;
      throw error;
    }
  }

  async put(name: string, bytes: Uint8Array, etag: string | null): Promise<string | "conflict"> {
    const conditions = etag === null ? { ifNoneMatch: "*" } : { ifMatch: etag };
    try {
      const blob = this.#container.getBlockBlobClient(this.#prefix + name);
      const answer = await blob.upload(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length, {
        conditions,
        blobHTTPHeaders: { blobContentType: "application/octet-stream" },
      });
      return answer.etag ?? "";
    } catch (error) {
      if (isConflict(error)) return "conflict";
      throw error;
    }
  }

  async *list(prefix: string): AsyncGenerator<{ readonly name: string; readonly ageMs: number }> {
    const pages = this.#container
      .listBlobsFlat({ prefix: this.#prefix + prefix })
      .byPage({ maxPageSize: blobLimits.namesOfOneList });
    for await (const page of pages) {
      // Both times are the service's own: nobody's clock matters.
      const nowMs = new Date(page._response.parsedHeaders.date ?? Date.now()).getTime();
      for (const { name, properties } of page.segment.blobItems) {
        yield { name: name.slice(this.#prefix.length), ageMs: nowMs - properties.lastModified.getTime() };
      }
    }
  }

  async remove(name: string): Promise<void> {
    await this.#container.getBlobClient(this.#prefix + name).deleteIfExists();
  }
}
