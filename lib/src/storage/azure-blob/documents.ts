import { randomUUID } from "node:crypto";
import { StoreError } from "../../core/document-store.ts";
import type { BlobAccess } from "./blobs.ts";
import { decodeImage, decodeRun, emptyImage, encodeImage, encodeRun, type Image, type Places } from "./image.ts";
import { blobLimits } from "./limits.ts";
import type { PartWriter } from "./next-image.ts";
import { Recent } from "./recent.ts";
import { ImageView, type PartReader } from "./view.ts";

/** One look at a document. */
export interface Look {
  readonly view: ImageView;
  /** Null: there is no root yet. */
  readonly etag: string | null;
}

/** A part that a root named was not there: the root was another by then, or something removed what it should not. */
export class PartGone extends Error {
  constructor(part: string) {
    super(`A stored part is missing (${part}).`);
    this.name = "PartGone";
  }

  /** When the root is still the one that named it. */
  corrupt(): StoreError {
    return new StoreError("corrupt", `${this.message} Restore the document from a backup.`, { cause: this });
  }
}

/** Documents as blobs: `roots/<scope>`, the only blob that changes, and `parts/<scope>/<id>`, written once. */
export class Documents {
  readonly blobs: BlobAccess;
  readonly #roots: Recent<{ readonly image: Image; readonly etag: string }> = new Recent(blobLimits.cacheBytesMax);
  readonly #runs: Recent<Places> = new Recent(blobLimits.cacheBytesMax);

  constructor(blobs: BlobAccess) {
    this.blobs = blobs;
  }

  /** As it is now. */
  async look(scope: string): Promise<Look> {
    const known = this.#roots.get(scope);
    const fetched = await this.blobs.get(rootName(scope), known?.etag ?? null);
    if (fetched === "unchanged" && known) return this.#seen(scope, known.image, known.etag);
    if (fetched === null || fetched === "unchanged") {
      this.#roots.delete(scope);
      return this.#seen(scope, emptyImage, null);
    }
    const image = decodeImage(scope, fetched.bytes);
    this.#roots.set(scope, { image, etag: fetched.etag }, fetched.bytes.length);
    return this.#seen(scope, image, fetched.etag);
  }

  /** As this process saw it last; as it is now when it never did. A write over an old look comes second. */
  async glance(scope: string): Promise<Look> {
    const known = this.#roots.get(scope);
    return known ? this.#seen(scope, known.image, known.etag) : this.look(scope);
  }

  /** Calls `read` with the document as it is now; once more when parts went meanwhile because others replaced them. */
  async reading<T>(scope: string, read: (look: Look) => Promise<T>): Promise<T> {
    const look = await this.look(scope);
    try {
      return await read(look);
    } catch (error) {
      if (!(error instanceof PartGone)) throw error;
      const again = await this.look(scope);
      if (again.etag !== look.etag) return await read(again);
      throw error.corrupt();
    }
  }

  /** Writes the root if it is still the one of that look. The single moment at which a batch is stored. */
  async replace(scope: string, before: Look, image: Image): Promise<"replaced" | "conflict"> {
    const bytes = encodeImage(scope, image);
    const etag = await this.blobs.put(rootName(scope), bytes, before.etag);
    if (etag === "conflict") return "conflict";
    this.#roots.set(scope, { image, etag }, bytes.length);
    return "replaced";
  }

  parts(scope: string): PartWriter {
    const put = async (bytes: Uint8Array) => {
      const id = randomUUID();
      const stored = await this.blobs.put(partName(scope, id), bytes, null);
      if (stored !== "conflict") return id;
      throw new StoreError("not-durable", "A new part has a name that is taken. Repeat the write.");
    };
    return { value: put, run: (places) => put(encodeRun(scope, places)) };
  }

  #seen(scope: string, image: Image, etag: string | null): Look {
    const parts: PartReader = {
      run: async ({ part }) => {
        const name = partName(scope, part);
        const known = this.#runs.get(name);
        if (known) return known;
        const bytes = await this.#part(name);
        const places = decodeRun(scope, bytes);
        this.#runs.set(name, places, bytes.length);
        return places;
      },
      value: (part) => this.#part(partName(scope, part)),
    };
    return { view: new ImageView(image, parts), etag };
  }

  async #part(name: string): Promise<Uint8Array> {
    const fetched = await this.blobs.get(name, null);
    if (fetched === null || fetched === "unchanged") throw new PartGone(name);
    return fetched.bytes;
  }
}

export const rootsPrefix = "roots/";

function rootName(scope: string): string {
  return `${rootsPrefix}${scope}`;
}

export function partName(scope: string, id: string): string {
  return `${partsPrefix(scope)}${id}`;
}

export function partsPrefix(scope: string): string {
  return `parts/${scope}/`;
}
