/** What a page of `keystroke-page.ts` runs. */
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { keyPauseMs, scatter, type Typed } from "./typing.ts";

let provider: WebPubSubProvider | undefined;
const copy = new Y.Doc();

window.__open = async (document, edits) => {
  const doc = new Y.Doc();
  scatter(doc.getText("text"), edits);
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  provider = new WebPubSubProvider("/collab", document, doc, { headers: { "x-user": "typist" } });
  await provider.whenSynced;
  await provider.whenSaved();
};

window.__type = async ({ keys, into }: Typed) => {
  const doc = into === "copy" ? copy : provider?.doc;
  const text = into === "nothing" ? undefined : doc?.getText("text");
  for (let key = 0; key < keys; key++) {
    text?.insert(text.length >> 1, "k");
    await new Promise((resolve) => setTimeout(resolve, keyPauseMs));
  }
  await provider?.whenSaved();
};
