import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { StarterKit } from "@tiptap/starter-kit";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

const doc = new Y.Doc();
const provider = new WebPubSubProvider("/collab", documentId, doc, { params: { user: name, role } });

const editor = new Editor({
  element: document.getElementById("editor"),
  // Until the server has said that we may write.
  editable: false,
  extensions: [
    // Yjs brings an undo of its own, which takes back one's own edits only.
    StarterKit.configure({ undoRedo: false }),
    Collaboration.configure({ document: doc }),
    CollaborationCaret.configure({ provider, user: { name, color } }),
  ],
});
provider.on("role", (granted) => editor.setEditable(granted === "writer"));

// The document was made anew on the server, e.g. an older version was restored.
provider.on("reload", () => location.reload());

const state = document.getElementById("state") as HTMLOutputElement;
const showState = () => {
  state.value = `${provider.link}, ${provider.saveState}`;
};
provider.on("link", showState);
provider.on("save-state", showState);

// For the browser's console: provider.traffic, provider.unsyncedChanges, provider.disconnect() …
Object.assign(window, { provider });
