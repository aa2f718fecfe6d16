import { equalityDeep } from "lib0/function";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { Awareness } from "y-protocols/awareness";
import { useProvider } from "./context.ts";

/** The y-protocols Awareness that editors take. */
export function useAwareness(): Awareness {
  return useProvider().awareness;
}

export interface PresenceOptions {
  /** Whether the own entry is among them. Default false. */
  readonly includeSelf?: boolean;
}

/** Entries are what their authors sent: their shape is not checked. */
export type Presence = Readonly<Record<string, unknown>>;

const nobody: ReadonlyMap<number, Presence> = new Map();

/** Who is here, by client id: the same map as long as nobody came, left or changed. Empty on the server. */
export function usePresence<Entry extends object = Presence>(
  options: PresenceOptions = {},
): ReadonlyMap<number, Entry> {
  const awareness = useAwareness();
  const includeSelf = options.includeSelf ?? false;
  const room = useMemo(() => watchPresence(awareness, includeSelf), [awareness, includeSelf]);
  return useSyncExternalStore(room.subscribe, room.read, () => nobody) as ReadonlyMap<number, Entry>;
}

/**
 * A function, always the same one, that sets fields of the own entry and leaves the others, which belong to editors
 * (`cursor`, `user`), as they are; null takes the whole entry away.
 */
export function usePresenceSetter<Entry extends object = Presence>(): (fields: Partial<Entry> | null) => void {
  const awareness = useAwareness();
  return useCallback(
    (fields: Partial<Entry> | null) => {
      awareness.setLocalState(fields === null ? null : { ...awareness.getLocalState(), ...fields });
    },
    [awareness],
  );
}

interface PresenceStore {
  readonly subscribe: (changed: () => void) => () => void;
  readonly read: () => ReadonlyMap<number, Presence>;
}

function watchPresence(awareness: Awareness, includeSelf: boolean): PresenceStore {
  let latest = nobody;
  return {
    subscribe: (changed) => {
      awareness.on("change", changed);
      return () => awareness.off("change", changed);
    },
    // Compared, not only told: what changes between a render and the subscription after it must be seen too.
    read: () => {
      latest = withChanges(latest, awareness, includeSelf);
      return latest;
    },
  };
}

/** `before` itself when nothing changed; unchanged entries stay the same objects, though each renewal brings equal new ones. */
function withChanges(
  before: ReadonlyMap<number, Presence>,
  awareness: Awareness,
  includeSelf: boolean,
): ReadonlyMap<number, Presence> {
  const now = new Map<number, Presence>();
  let kept = 0;
  for (const [client, entry] of awareness.getStates()) {
    if (client === awareness.clientID && !includeSelf) continue;
    const known = before.get(client);
    if (known !== undefined && (known === entry || equalityDeep(known, entry))) {
      kept++;
      now.set(client, known);
    } else {
      now.set(client, entry);
    }
  }
  return kept === now.size && kept === before.size ? before : now;
}
