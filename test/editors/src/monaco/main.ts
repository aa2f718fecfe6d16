import * as monaco from "monaco-editor";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import { MonacoBinding } from "y-monaco";
import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

const doc = new Y.Doc();
const provider = new WebPubSubProvider("/collab", documentId, doc, { params: { user: name, role } });
provider.awareness.setLocalStateField("user", { name, color });

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };
const editor = monaco.editor.create(document.getElementById("editor") as HTMLElement, {
  language: "markdown",
  // Until the server has said that we may write.
  readOnly: true,
});
provider.on("role", (granted) => editor.updateOptions({ readOnly: granted !== "writer" }));

const model = editor.getModel() as monaco.editor.ITextModel;
// Lines end alike for everybody, or positions differ between systems.
model.setEOL(monaco.editor.EndOfLineSequence.LF);
const text = doc.getText("monaco");
const binding = new MonacoBinding(text, model, new Set([editor]), provider.awareness);

// Monaco's own undo does not know whose edits are whose.
const undoManager = new Y.UndoManager(text, { trackedOrigins: new Set([binding]) });
const { CtrlCmd, Shift } = monaco.KeyMod;
editor.addCommand(CtrlCmd | monaco.KeyCode.KeyZ, () => undoManager.undo());
editor.addCommand(CtrlCmd | Shift | monaco.KeyCode.KeyZ, () => undoManager.redo());
editor.addCommand(CtrlCmd | monaco.KeyCode.KeyY, () => undoManager.redo());

// The binding marks each person's caret with a class of the client id; names and colours are ours to draw.
// Both come from other people: they are quoted, and never pasted into a style sheet as they are.
const carets = document.head.appendChild(document.createElement("style"));
provider.awareness.on("change", () => {
  const rules = [...provider.awareness.getStates()].flatMap(([client, { user }]) => {
    if (typeof user?.name !== "string" || !/^#[0-9a-f]{6}$/i.test(user.color)) return [];
    return [
      `.yRemoteSelectionHead-${client} { --color: ${user.color} }`,
      `.yRemoteSelectionHead-${client}::after { content: ${JSON.stringify(user.name)} }`,
      `.yRemoteSelection-${client} { background: ${user.color}33 }`,
    ];
  });
  carets.textContent = rules.join("\n");
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
