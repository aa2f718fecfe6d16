import { rekeyed } from "./order.ts";

interface Stacked {
  readonly id: string;
  readonly z: string;
}

interface Restacking {
  readonly chosen: ReadonlySet<string>;
  /** The shapes that can be seen to lie above or below the chosen ones. */
  readonly touching: ReadonlySet<string>;
  readonly step: "forward" | "backward";
}

/**
 * New keys for one step up or down. A step passes the next shape that touches the chosen ones: passing one at the other
 * end of the board would look as if the key did nothing. Empty when nothing is left to pass.
 */
export function restacked(
  order: readonly Stacked[],
  { chosen, touching, step }: Restacking,
): ReadonlyMap<string, string> {
  const isChosen = ({ id }: Stacked): boolean => chosen.has(id);
  const passable = ({ id }: Stacked): boolean => touching.has(id) && !chosen.has(id);
  const edge = step === "forward" ? order.findIndex(isChosen) : order.findLastIndex(isChosen);
  if (edge < 0) return new Map();
  const pivot =
    step === "forward"
      ? order.findIndex((shape, index) => index > edge && passable(shape))
      : order.findLastIndex((shape, index) => index < edge && passable(shape));
  if (pivot < 0) return new Map();
  const moved = step === "forward" ? order.slice(0, pivot).filter(isChosen) : order.slice(pivot + 1).filter(isChosen);
  const movedIds = new Set(moved.map(({ id }) => id));
  const stays = (shape: Stacked): boolean => !movedIds.has(shape.id);
  const next =
    step === "forward"
      ? [...order.slice(0, pivot + 1).filter(stays), ...moved, ...order.slice(pivot + 1)]
      : [...order.slice(0, pivot), ...moved, ...order.slice(pivot).filter(stays)];
  return rekeyed(next, movedIds);
}
