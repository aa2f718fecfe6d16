import type { Changes } from "../table.ts";
import type { Image, Place, Places, Run } from "./image.ts";
import { blobLimits } from "./limits.ts";
import type { ImageView } from "./view.ts";

/** Writes what an image keeps elsewhere, under a name that nobody used before. */
export interface PartWriter {
  run(places: Places): Promise<string>;
  value(bytes: Uint8Array): Promise<string>;
}

/**
 * What a root becomes by some changes: small values in it, large ones beside it. When it grows too large its records
 * move into a run; when there are too many runs, or too much of them was removed, all become one.
 */
export async function nextImage(view: ImageView, changes: Changes, parts: PartWriter): Promise<Image> {
  const places = new Map(view.image.places);
  for (const [key, value] of changes) {
    if (value !== null) places.set(key, await placeFor(value, parts));
    else if (view.image.runs.some((run) => run.first <= key && key <= run.last)) places.set(key, { at: "nowhere" });
    else places.delete(key);
  }
  const changed: Image = { ...view.image, places };
  const removed = [...places.values()].filter(({ at }) => at === "nowhere").length;
  if (changed.runs.length < blobLimits.runsMax && removed <= blobLimits.removedMax) {
    return relieved(changed, parts);
  }
  return relieved({ ...changed, runs: [], places: await view.over(changed).all() }, parts);
}

async function placeFor(value: Uint8Array, parts: PartWriter): Promise<Place> {
  if (value.length > blobLimits.valueBytesMax) return { at: "part", part: await parts.value(value) };
  return { at: "here", value };
}

/** The head record, which every write changes, stays; the rest moves out when it is too much. */
async function relieved(image: Image, parts: PartWriter): Promise<Image> {
  let bytes = 0;
  for (const place of image.places.values()) bytes += place.at === "here" ? place.value.length : 0;
  if (bytes <= blobLimits.inlineBytesMax) return image;
  const moving = [...image.places].filter(([key]) => !key.startsWith("h")).sort(([a], [b]) => (a < b ? -1 : 1));
  const [first] = moving;
  const last = moving.at(-1);
  if (!first || !last) return image;
  const run: Run = { part: await parts.run(new Map(moving)), first: first[0], last: last[0] };
  const staying = [...image.places].filter(([key]) => key.startsWith("h"));
  return { ...image, runs: [...image.runs, run], places: new Map(staying) };
}
