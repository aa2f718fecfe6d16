import { unreachable } from "y-webpubsub/core";
import type { KeyRange, TableRecord } from "../table.ts";
import type { Image, Place, Places, Run } from "./image.ts";

/** Reads what an image keeps elsewhere. */
export interface PartReader {
  run(run: Run): Promise<Places>;
  value(part: string): Promise<Uint8Array>;
}

/** The records of one image, wherever they are. */
export class ImageView {
  readonly image: Image;
  readonly #parts: PartReader;

  constructor(image: Image, parts: PartReader) {
    this.image = image;
    this.#parts = parts;
  }

  /** Another image of the same document. */
  over(image: Image): ImageView {
    return new ImageView(image, this.#parts);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const place = await this.#placeOf(key);
    return place === null ? null : this.#valueAt(place);
  }

  async scan(range: KeyRange): Promise<TableRecord[]> {
    const { from, to, countMax = Number.POSITIVE_INFINITY, bytesMax = Number.POSITIVE_INFINITY } = range;
    const wanted = (key: string) => key >= from && key < to;
    const places = await this.#merged((run) => run.last >= from && run.first < to, wanted);
    const records: TableRecord[] = [];
    let bytes = 0;
    for (const [key, place] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (records.length >= countMax || bytes > bytesMax) break;
      const value = await this.#valueAt(place);
      if (value === null) continue;
      records.push({ key, value });
      bytes += value.length;
    }
    return records;
  }

  /** Every record that there is, and none that was removed. */
  all(): Promise<Map<string, Place>> {
    return this.#merged(
      () => true,
      () => true,
    );
  }

  async #merged(runs: (run: Run) => boolean, keys: (key: string) => boolean): Promise<Map<string, Place>> {
    const older = await Promise.all(this.image.runs.filter(runs).map((run) => this.#parts.run(run)));
    const merged = new Map<string, Place>();
    for (const places of [...older, this.image.places]) {
      for (const [key, place] of places) {
        if (!keys(key)) continue;
        if (place.at === "nowhere") merged.delete(key);
        else merged.set(key, place);
      }
    }
    return merged;
  }

  async #placeOf(key: string): Promise<Place | null> {
    const place = this.image.places.get(key);
    if (place) return place;
    for (const run of this.image.runs.toReversed()) {
      if (key < run.first || key > run.last) continue;
      const older = (await this.#parts.run(run)).get(key);
      if (older) return older;
    }
    return null;
  }

  async #valueAt(place: Place): Promise<Uint8Array | null> {
    switch (place.at) {
      case "here":
        // Images are kept; a value that was read belongs to the caller.
        return place.value.slice();
      case "part":
        return this.#parts.value(place.part);
      case "nowhere":
        return null;
      default:
        throw unreachable(place);
    }
  }
}
