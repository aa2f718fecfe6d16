export type Cancel = () => void;

/** One value that changes and tells who listens. React reads it through `useStore`; everything else calls `get`. */
export interface Store<T> {
  get(): T;
  /** Listeners are told only when the value is another one (`Object.is`). */
  set(next: T): void;
  subscribe(listener: () => void): Cancel;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
