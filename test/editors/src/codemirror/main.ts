import { javascript } from "@codemirror/lang-javascript";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

const doc = new Y.Doc();
const provider = new WebPubSubProvider("/collab", documentId, doc, { params: { user: name, role } });
provider.awareness.setLocalStateField("user", { name, color });

const text = doc.getText("code");
const writing = new Compartment();
const mayWrite = (yes: boolean) => [EditorView.editable.of(yes), EditorState.readOnly.of(!yes)];

const editor = new EditorView({
  doc: text.toString(),
  extensions: [
    // Before basicSetup, whose undo would take back other people's edits too.
    keymap.of(yUndoManagerKeymap),
    basicSetup,
    javascript(),
    yCollab(text, provider.awareness),
    // Until the server has said that we may write.
    writing.of(mayWrite(false)),
  ],
  parent: document.getElementById("editor") as HTMLElement,
});
provider.on("role", (granted) => {
  editor.dispatch({ effects: writing.reconfigure(mayWrite(granted === "writer")) });
});

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
