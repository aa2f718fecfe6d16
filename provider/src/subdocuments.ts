import type * as Y from "yjs";
import type { WebPubSubProviderOptions } from "./options.ts";
import { WebPubSubProvider } from "./provider.ts";
import type { WebPubSubConnection } from "./shared-connection/connection.ts";

export interface SubdocumentOptions {
  /** The id under which the server keeps a subdocument. Default: `<id of the parent>/<guid>`. */
  readonly documentId?: (subdocument: Y.Doc) => string;
  /** Of each subdocument's provider; asked when it is made. Default: those of every provider. */
  readonly options?: (subdocument: Y.Doc) => WebPubSubProviderOptions;
  /** A subdocument has its provider, or has lost it (null). */
  readonly onProvider?: (subdocument: Y.Doc, provider: WebPubSubProvider | null) => void;
}

/**
 * Loads subdocuments of the parent's document over the same connection, each when somebody calls its `load()` (or at
 * once with `autoLoad` or `shouldLoad`), and closes each when it is destroyed or removed. Subdocuments of subdocuments
 * want a call of their own. Answers the end of it: then all of these providers are destroyed.
 */
export function syncSubdocuments(
  connection: WebPubSubConnection,
  parent: WebPubSubProvider,
  { documentId, options, onProvider }: SubdocumentOptions = {},
): () => void {
  const providers = new Map<Y.Doc, WebPubSubProvider>();
  let watched = parent.doc;
  const open = (subdocument: Y.Doc): void => {
    if (providers.has(subdocument)) return;
    const id = documentId?.(subdocument) ?? `${parent.documentId}/${subdocument.guid}`;
    const provider = new WebPubSubProvider(connection, id, subdocument, options?.(subdocument) ?? {});
    providers.set(subdocument, provider);
    onProvider?.(subdocument, provider);
  };
  const close = (subdocument: Y.Doc): void => {
    const provider = providers.get(subdocument);
    if (provider === undefined) return;
    providers.delete(subdocument);
    provider.destroy();
    onProvider?.(subdocument, null);
  };
  const onSubdocs = ({ loaded, removed }: { readonly loaded: Set<Y.Doc>; readonly removed: Set<Y.Doc> }): void => {
    for (const subdocument of removed) close(subdocument);
    for (const subdocument of loaded) open(subdocument);
  };
  const watch = (doc: Y.Doc): void => {
    watched.off("subdocs", onSubdocs);
    for (const subdocument of [...providers.keys()]) close(subdocument);
    watched = doc;
    doc.on("subdocs", onSubdocs);
    for (const subdocument of doc.getSubdocs()) if (subdocument.shouldLoad) open(subdocument);
  };
  watch(parent.doc);
  parent.on("reload", watch);
  return () => {
    parent.off("reload", watch);
    watched.off("subdocs", onSubdocs);
    for (const subdocument of [...providers.keys()]) close(subdocument);
  };
}
