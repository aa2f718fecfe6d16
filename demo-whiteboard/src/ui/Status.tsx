import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import type { Session } from "../session.ts";
import { statusWords, wouldLoseWork } from "../status.ts";
import type { Cancel } from "../store.ts";
import { useStore } from "./useStore.ts";

/** The truth about the person's work, in two words; a sentence more when something is not as it should be. */
export function Status({ session }: { readonly session: Session }): ReactNode {
  const status = useStore(session.status);
  const online = useSyncExternalStore(watchBrowser, () => navigator.onLine);
  const words = statusWords(status, online);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (wouldLoseWork(session.status.get())) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [session]);
  return (
    <div className="status" role="status" data-tone={words.tone} title={words.detail}>
      <span className="status-dot" aria-hidden="true" />
      <span className="status-label">{words.label}</span>
      {(words.tone === "warn" || words.tone === "bad") && <span className="panel status-detail">{words.detail}</span>}
    </div>
  );
}

function watchBrowser(listener: () => void): Cancel {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
