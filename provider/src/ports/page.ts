import type { WakeReason } from "../core/replica-contract.ts";

export interface PageLife {
  /** Save what is unsaved; `leaving`: the page goes away now. */
  flush(options: { readonly leaving: boolean }): void;
  /** The page or the network may have come back. */
  wake(reason: WakeReason): void;
}

/** Tells of the life of the page we are in; outside a page nothing happens. Returns the end of the listening. */
export function watchPage(life: PageLife): () => void {
  if (typeof window === "undefined" || typeof window.addEventListener !== "function") return () => undefined;
  const watching = new AbortController();
  const { signal } = watching;
  window.addEventListener("pagehide", () => life.flush({ leaving: true }), { signal });
  window.addEventListener("blur", () => life.flush({ leaving: false }), { signal });
  window.addEventListener("focus", () => life.wake("focus"), { signal });
  window.addEventListener("online", () => life.wake("online"), { signal });
  window.addEventListener(
    "pageshow",
    (event) => {
      // Only a page that came back from the back/forward cache was asleep.
      if (event.persisted) life.wake("resume");
    },
    { signal },
  );
  if (typeof document !== "undefined") {
    document.addEventListener("resume", () => life.wake("resume"), { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "hidden") life.flush({ leaving: false });
        else life.wake("focus");
      },
      { signal },
    );
  }
  return () => watching.abort();
}
