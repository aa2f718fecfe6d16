import { createElement, type ReactElement, type ReactNode, useEffect, useRef, useState } from "react";
import * as Y from "yjs";
import type { WebPubSubProviderOptions } from "../options.ts";
import { WebPubSubProvider } from "../provider.ts";
import { WebPubSubProviderContext } from "./context.ts";

export interface YDocProviderProps {
  /** Where the collab router is mounted, e.g. `https://example.com/collab` or `/collab`. */
  readonly url: string;
  /** The document's id. */
  readonly document: string;
  /** Default: a new Y.Doc, destroyed with the component. One that is given is used and never destroyed. */
  readonly doc?: Y.Doc | undefined;
  /** Read when a provider is made, which is when `url`, `document` or `doc` change; its functions are asked each time. */
  readonly options?: WebPubSubProviderOptions | undefined;
  readonly children?: ReactNode;
  /** Shown until there is a provider: on the server, and in the browser until the first effects ran. Default nothing. */
  readonly fallback?: ReactNode;
}

interface Room {
  readonly provider: WebPubSubProvider;
  readonly url: string;
  readonly document: string;
  readonly doc: Y.Doc | undefined;
}

/**
 * Opens a document for the components below it, as long as it is mounted. The provider lives from effect to cleanup, so
 * StrictMode, a render that is thrown away and a server leave no connection, timer or listener behind; under StrictMode
 * only the second of the two providers connects. An address or id that cannot work throws to the nearest error boundary.
 */
export function YDocProvider({ url, document, doc, options, children, fallback }: YDocProviderProps): ReactElement {
  const [room, setRoom] = useState<Room | null>(null);
  const latestOptions = useRef(options);
  useEffect(() => {
    latestOptions.current = options;
  });
  useEffect(() => {
    const opened = open({ url, document, doc }, latestOptions.current ?? {});
    setRoom(opened);
    return () => {
      close(opened);
      // A hidden <Activity> keeps its state: whoever shows it again must not meet the provider that is gone.
      setRoom(null);
    };
  }, [url, document, doc]);
  // Between new props and the effect that follows them nobody may see the old document under the new name.
  const isCurrent = room !== null && room.url === url && room.document === document && room.doc === doc;
  const value = isCurrent ? room.provider : null;
  return createElement(WebPubSubProviderContext.Provider, { value }, value === null ? fallback : children);
}

function open(place: Omit<Room, "provider">, options: WebPubSubProviderOptions): Room {
  const provider = new WebPubSubProvider(place.url, place.document, place.doc ?? new Y.Doc(), {
    ...options,
    connect: false,
  });
  // StrictMode cleans up in the same turn: by then this provider is destroyed, and connecting it does nothing.
  if (options.connect !== false) queueMicrotask(() => provider.connect());
  return { ...place, provider };
}

function close({ provider, doc }: Room): void {
  // Another one than was given: made here, or by the provider after a reload.
  const own = provider.doc === doc ? null : provider.doc;
  provider.destroy();
  own?.destroy();
}
