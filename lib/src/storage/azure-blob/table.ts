import type { ContainerClient } from "@azure/storage-blob";
import { StoreError } from "../../core/document-store.ts";
import { scopeOf } from "../keys.ts";
import { Slots } from "../slots.ts";
import type { KeyRange, Table, TableRecord } from "../table.ts";
import { type BlobAccess, Blobs } from "./blobs.ts";
import { Documents, type Look, rootsPrefix } from "./documents.ts";
import { isMissingContainer, openingError, readingError } from "./errors.ts";
import { blobLimits } from "./limits.ts";
import { BlobWriter } from "./writer.ts";

/** The version of all that is in the container, in the blob `format`. */
const formatVersion = "1";

interface Opened {
  readonly documents: Documents;
  readonly writer: BlobWriter;
}

/** Records in the blobs of one container. */
export class BlobTable implements Table {
  readonly #container: ContainerClient;
  readonly #prefix: string;
  #opened: Opened | null = null;

  constructor(container: ContainerClient, prefix: string) {
    this.#container = container;
    this.#prefix = prefix;
  }

  get writer(): BlobWriter {
    return this.#now.writer;
  }

  async open(): Promise<void> {
    const blobs = new Blobs(this.#container, this.#prefix);
    try {
      const version = (await versionOf(blobs)) ?? (await this.#begin(blobs));
      if (version !== formatVersion) throw newer(this.#container.containerName, version);
    } catch (error) {
      throw openingError(this.#container.containerName, error);
    }
    const documents = new Documents(blobs);
    this.#opened = { documents, writer: new BlobWriter(documents) };
  }

  /** Of several servers that start at once one writes it. */
  async #begin(blobs: BlobAccess): Promise<string | null> {
    await this.#container.createIfNotExists();
    await blobs.put("format", Buffer.from(formatVersion), null);
    return versionOf(blobs);
  }

  async close(): Promise<void> {
    const { writer } = this.#now;
    this.#opened = null;
    await writer.close();
  }

  async getMany(keys: readonly string[]): Promise<readonly (Uint8Array | null)[]> {
    const values = await this.#byScope(keys, scopeOf, ({ view }, key) => view.get(key));
    return keys.map((key) => values.get(key) ?? null);
  }

  async read(ranges: readonly KeyRange[]): Promise<readonly (readonly TableRecord[])[]> {
    const own = ranges.filter((range) => !isOverDocuments(range));
    const records = await this.#byScope(
      own,
      ({ from }) => scopeOf(from),
      ({ view }, range) => view.scan(range),
    );
    return Promise.all(ranges.map(async (range) => records.get(range) ?? (await this.#overDocuments(range))));
  }

  /** Each document is looked at once, so that what is read of it is of one moment. */
  async #byScope<Item, Value>(
    items: readonly Item[],
    scope: (item: Item) => string,
    read: (look: Look, item: Item) => Promise<Value>,
  ): Promise<Map<Item, Value>> {
    const { documents } = this.#now;
    const answers = new Map<Item, Value>();
    const scopes = [...new Set(items.map(scope))];
    try {
      await Promise.all(
        scopes.map(async (one) => {
          const wanted = items.filter((item) => scope(item) === one);
          const values = await documents.reading(one, (look) => Promise.all(wanted.map((item) => read(look, item))));
          for (const [index, value] of values.entries()) {
            const item = wanted[index];
            if (item !== undefined) answers.set(item, value);
          }
        }),
      );
    } catch (error) {
      throw readingError(error);
    }
    return answers;
  }

  /** Records of one kind of many documents: the names of the roots say which there are. */
  async #overDocuments({ from, to, countMax = Number.POSITIVE_INFINITY }: KeyRange): Promise<TableRecord[]> {
    const { documents } = this.#now;
    const letter = from.slice(0, 1);
    const keys: string[] = [];
    try {
      for await (const scope of scopesFrom(documents.blobs, from.slice(1))) {
        const key = `${letter}${scope}`;
        if (key >= from && key < to && scopeOf(key) === scope) keys.push(key);
        if (keys.length >= countMax) break;
      }
    } catch (error) {
      throw readingError(error);
    }
    const slots = new Slots(blobLimits.readsMax);
    const values = await Promise.all(keys.map((key) => slots.during(() => this.getMany([key]))));
    return keys.flatMap((key, index) => {
      const value = values[index]?.[0];
      return value ? [{ key, value }] : [];
    });
  }

  get #now(): Opened {
    if (this.#opened) return this.#opened;
    throw new StoreError("closed", "The store is not open. Call open() first, and nothing after close().");
  }
}

/** Null when there is nothing yet, not even a container. */
async function versionOf(blobs: BlobAccess): Promise<string | null> {
  const stored = await blobs.get("format", null).catch((error: unknown) => {
    if (isMissingContainer(error)) return null;
    throw error;
  });
  return stored === null || stored === "unchanged" ? null : Buffer.from(stored.bytes).toString();
}

/** The characters that digests are made of, in their order as bytes. */
const alphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/**
 * In order, from about `low` on. A container with few documents is listed in one request; in one with many the listing
 * begins with the first letter of `low`, so that nobody lists a million roots to find the last.
 */
async function* scopesFrom(blobs: BlobAccess, low: string): AsyncGenerator<string> {
  const few: string[] = [];
  for await (const { name } of blobs.list(rootsPrefix)) {
    few.push(name.slice(rootsPrefix.length));
    if (few.length === blobLimits.namesOfOneList) break;
  }
  if (few.length < blobLimits.namesOfOneList) {
    yield* few;
    return;
  }
  for (const letter of alphabet) {
    if (letter < low.slice(0, 1)) continue;
    for await (const { name } of blobs.list(`${rootsPrefix}${letter}`)) yield name.slice(rootsPrefix.length);
  }
}

/** `h` to `h~`, or `h` and a document to `h~`. */
function isOverDocuments({ to }: KeyRange): boolean {
  return to.length === 2;
}

function newer(container: string, version: string | null): StoreError {
  const message = `The container "${container}" has format "${version}", and this package knows ${formatVersion}. Update y-webpubsub-server, or choose another container.`;
  return new StoreError("closed", message);
}
