import Quill from "quill";
import QuillCursors from "quill-cursors";
import { QuillBinding } from "y-quill";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import "quill/dist/quill.snow.css";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

const doc = new Y.Doc();
const provider = new WebPubSubProvider("/collab", documentId, doc, { params: { user: name, role } });
provider.awareness.setLocalStateField("user", { name, color });

Quill.register("modules/cursors", QuillCursors);
const editor = new Quill("#editor", {
  theme: "snow",
  // Until the server has said that we may write.
  readOnly: true,
  modules: {
    cursors: true,
    // Undo takes back one's own edits only.
    history: { userOnly: true },
  },
});
new QuillBinding(doc.getText("quill"), editor, provider.awareness);
provider.on("role", (granted) => editor.enable(granted === "writer"));

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
