import type { Cursor, UserId } from "y-webpubsub/core";
import { materialAt } from "../history/positions.ts";
import { Problem } from "../problems.ts";
import { type Desk, type Edited, edit } from "./edits.ts";
import { documentLimits } from "./limits.ts";

export interface Restore {
  readonly at: Cursor;
  readonly userId: UserId;
  readonly key: string | null;
  readonly ifHead: Cursor | null;
}

/** HI4: makes the document show what it showed at a position of its log, as an edit that everybody gets. */
export async function restore(desk: Desk, { at, userId, key, ifHead }: Restore): Promise<Edited> {
  const { collab, opened, store, document } = desk;
  const then = await materialAt(store, document, at);
  if (then === null) throw new Problem("position-gone");
  const done = await edit(desk, {
    userId,
    key: key === null ? null : `restore ${key}`,
    ifHead,
    make: async (now, client) => {
      if (now.generation !== then.generation) {
        throw new Problem("generation-changed", { fields: { generation: now.generation } });
      }
      const as = { client, partBytesMax: documentLimits.partBytesMax };
      const { job: wanted, settled } = then;
      const task = { type: "restore", now: now.job, wanted, settled, edit: as } as const;
      return (await collab.parts.folder.perform(task)).parts;
    },
  });
  if (done.changed && !done.repeated && done.before !== "") {
    // HI5: nobody can lose the state that a restore replaced.
    const { generation } = then;
    const version = { generation, cursor: done.before, kind: "restore", label: null, userId } as const;
    await opened.history?.create(document, { ...version, atMs: collab.parts.clock.now() });
  }
  return done;
}
