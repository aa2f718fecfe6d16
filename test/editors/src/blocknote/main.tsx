import { BlockNoteView } from "@blocknote/mantine";
import { useCreateBlockNote } from "@blocknote/react";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { useLinkState, useProvider, useRole, useSaveState, useYDoc, YDocProvider } from "y-webpubsub/react";
import "@blocknote/core/fonts/inter.css";
import "@blocknote/mantine/style.css";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

const options = { params: { user: name, role } };

function App() {
  return (
    <YDocProvider url="/collab" document={documentId} options={options}>
      <State />
      <Notes />
    </YDocProvider>
  );
}

function Notes() {
  const provider = useProvider();
  const doc = useYDoc();
  const granted = useRole();
  // Made again with another document (after a reload), and with another role: BlockNote's undo does not survive a
  // change of `editable`.
  const editor = useCreateBlockNote(
    {
      collaboration: {
        provider,
        fragment: doc.getXmlFragment("blocks"),
        user: { name, color },
        showCursorLabels: "always",
      },
    },
    [provider, doc, granted],
  );
  // For the browser's console: provider.traffic, provider.unsyncedChanges, provider.disconnect() …
  useEffect(() => void Object.assign(window, { provider }), [provider]);
  return <BlockNoteView editor={editor} editable={granted === "writer"} />;
}

function State() {
  const link = useLinkState();
  const { state } = useSaveState();
  return <output>{`${link}, ${state}`}</output>;
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
