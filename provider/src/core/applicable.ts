import * as Y from "yjs";
import { buildsOn, encodePieces, inOrder, piecesOf } from "./split.ts";
import type { Range } from "./update-summary.ts";

/**
 * DU8: what of a valid update can be applied where the clients are known up to `clockOf`: each struct with all that it
 * builds on, and the deletions of what is known then. Undefined: nothing that is not known already.
 */
export function applicablePart(update: Uint8Array, clockOf: (client: number) => number): Uint8Array | undefined {
  const { structs, ds } = Y.decodeUpdate(update);
  const ordered = inOrder(structs.filter((struct) => !(struct instanceof Y.Skip))) ?? [];
  const reached = new Map<number, number>();
  const known = (client: number): number => reached.get(client) ?? clockOf(client);
  const taken = ordered.filter((struct) => {
    const { client, clock } = struct.id;
    if (clock > known(client) || buildsOn(struct).some((id) => id.clock >= known(id.client))) return false;
    reached.set(client, Math.max(known(client), clock + struct.length));
    return true;
  });
  if (![...reached].some(([client, clock]) => clock > clockOf(client))) return undefined;
  const deletes = [...ds.clients].flatMap(([client, items]) =>
    items
      .map(({ clock, len }): Range => ({ client, clock, length: Math.min(len, known(client) - clock) }))
      .filter(({ length }) => length > 0),
  );
  return encodePieces(piecesOf(taken), deletes);
}
