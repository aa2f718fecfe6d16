/** Runs in a page: one provider on one document, and what tests ask of it, as `globalThis.editor`. */
import { WebPubSubProvider } from "y-webpubsub";
import { indexedDbPersistence } from "y-webpubsub/indexeddb";
import * as Y from "yjs";

export interface EditorOptions {
  readonly server: string;
  readonly document: string;
  readonly user: string;
  readonly persistent: boolean;
}

function open({ server, document, user, persistent }: EditorOptions) {
  const provider = new WebPubSubProvider(server, document, new Y.Doc(), {
    headers: { "x-user": user },
    ...(persistent && { persistence: indexedDbPersistence() }),
  });
  provider.awareness.setLocalState({ name: user });
  const problems: string[] = [];
  const restored: boolean[] = [];
  provider.on("persistence-error", ({ detail }) => problems.push(detail));
  addEventListener("pageshow", (event) => restored.push("persisted" in event && event.persisted === true));
  const text = (): Y.Text => provider.doc.getText("text");
  return {
    type: (words: string) => text().insert(text().length, words),
    words: () => text().toString(),
    saved: () => provider.saveState === "saved" && provider.unsyncedChanges === 0,
    state: () => ({ link: provider.link, synced: provider.synced, saveState: provider.saveState }),
    loaded: () => provider.whenLoaded,
    framesOut: (kind: string) => provider.traffic.kinds[kind]?.framesOut ?? 0,
    present: () => provider.awareness.getStates().size,
    problems: () => problems,
    restored: () => restored,
  };
}

export type Editor = ReturnType<typeof open>;

Object.assign(globalThis, {
  openEditor: (options: EditorOptions) => {
    Object.assign(globalThis, { editor: open(options) });
  },
});
