/** A connection as lists show it. */
export interface Member {
  readonly connectionId: string;
  /** Absent: anonymous. */
  readonly userId?: string;
}

/**
 * The first `count` ids after `after`, in order, in one pass and without sorting the others: a page of a large group must
 * not hold up everybody else.
 */
export function firstAfter(ids: readonly string[], after: string, count: number): readonly string[] {
  if (count >= ids.length) return ids.filter((id) => id > after).sort();
  const first: string[] = [];
  for (const id of ids) {
    const last = first.at(-1);
    if (id <= after || (first.length >= count && last !== undefined && id > last)) continue;
    first.splice(placeOf(id, first), 0, id);
    if (first.length > count) first.pop();
  }
  return first;
}

function placeOf(id: string, sorted: readonly string[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
