import { useMemo, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { unreachable } from "../core/assert.ts";
import { useYDoc } from "./status-hooks.ts";

/** What renders the component again: changes in the type and all types in it, in the type alone, or nothing. */
export type Observe = "deep" | "shallow" | "none";

export interface SharedTypeOptions {
  /** Default `deep`. */
  readonly observe?: Observe;
}

/** The document's map of that name; the component renders again when it changes. Another map after a `reload`. */
export function useMap<Value = unknown>(name: string, options: SharedTypeOptions = {}): Y.Map<Value> {
  const map = useYDoc().getMap<Value>(name);
  useChanges(map, options);
  return map;
}

/** The document's array of that name, like `useMap`. */
export function useArray<Value = unknown>(name: string, options: SharedTypeOptions = {}): Y.Array<Value> {
  const array = useYDoc().getArray<Value>(name);
  useChanges(array, options);
  return array;
}

/** The document's text of that name, like `useMap`. */
export function useText(name: string, options: SharedTypeOptions = {}): Y.Text {
  const text = useYDoc().getText(name);
  useChanges(text, options);
  return text;
}

function useChanges(type: Watched, { observe = "deep" }: SharedTypeOptions): void {
  const changes = useMemo(() => watchChanges(type, observe), [type, observe]);
  useSyncExternalStore(changes.subscribe, changes.count, () => 0);
}

interface Watched {
  observe(changed: () => void): void;
  unobserve(changed: () => void): void;
  observeDeep(changed: () => void): void;
  unobserveDeep(changed: () => void): void;
}

interface Changes {
  readonly subscribe: (changed: () => void) => () => void;
  /** A shared type is one object for good: what React compares is how often it changed. */
  readonly count: () => number;
}

function watchChanges(type: Watched, observe: Observe): Changes {
  let count = 0;
  return {
    count: () => count,
    subscribe: (changed) => {
      const onChange = (): void => {
        count++;
        changed();
      };
      switch (observe) {
        case "deep":
          // What changed since the render was not heard: render once more.
          count++;
          type.observeDeep(onChange);
          return () => type.unobserveDeep(onChange);
        case "shallow":
          count++;
          type.observe(onChange);
          return () => type.unobserve(onChange);
        case "none":
          return () => undefined;
        default:
          throw unreachable(observe);
      }
    },
  };
}
