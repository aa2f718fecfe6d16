import { LexicalCollaboration } from "@lexical/react/LexicalCollaborationContext";
import { CollaborationPlugin } from "@lexical/react/LexicalCollaborationPlugin";
import { LexicalComposer } from "@lexical/react/LexicalComposer";
import { useLexicalComposerContext } from "@lexical/react/LexicalComposerContext";
import { ContentEditable } from "@lexical/react/LexicalContentEditable";
import { LexicalErrorBoundary } from "@lexical/react/LexicalErrorBoundary";
import { RichTextPlugin } from "@lexical/react/LexicalRichTextPlugin";
import type { Provider } from "@lexical/yjs";
import { StrictMode, useCallback, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { useLinkState, useProvider, useRole, useSaveState, useYDoc, YDocProvider } from "y-webpubsub/react";
import type * as Y from "yjs";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

// Lexical connects the provider itself.
const options = { params: { user: name, role }, connect: false };

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
  const providerFactory = useCallback(
    (id: string, docs: Map<string, Y.Doc>) => {
      docs.set(id, doc);
      // It is one; only the type of the entries is narrower there than y-protocols'.
      return provider as unknown as Provider;
    },
    [provider, doc],
  );
  // For the browser's console: provider.traffic, provider.unsyncedChanges, provider.disconnect() …
  useEffect(() => void Object.assign(window, { provider }), [provider]);
  return (
    // Another document, after the server made it anew, is another editor: hence the key.
    <LexicalCollaboration key={doc.guid}>
      <LexicalComposer initialConfig={{ namespace: "notes", editorState: null, editable: false, onError }}>
        <RichTextPlugin contentEditable={<ContentEditable />} ErrorBoundary={LexicalErrorBoundary} />
        <CollaborationPlugin
          id={documentId}
          providerFactory={providerFactory}
          // Never by a client: two first visitors would both insert a paragraph.
          shouldBootstrap={false}
          username={name}
          cursorColor={color}
        />
        <ReadOnlyForReaders />
      </LexicalComposer>
    </LexicalCollaboration>
  );
}

function ReadOnlyForReaders() {
  const [editor] = useLexicalComposerContext();
  const granted = useRole();
  useEffect(() => editor.setEditable(granted === "writer"), [editor, granted]);
  return null;
}

function State() {
  const link = useLinkState();
  const { state } = useSaveState();
  return <output>{`${link}, ${state}`}</output>;
}

function onError(error: Error): never {
  throw error;
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
