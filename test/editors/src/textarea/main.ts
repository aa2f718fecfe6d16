import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { bindTextarea } from "./bind-textarea.ts";

// The page's address says who is here, e.g. ?name=Bob&role=reader; an application knows it from its login.
const address = Object.fromEntries(new URLSearchParams(location.search));
const { name = "Ada", color = "#7c3aed", role = "writer", document: documentId = "notes" } = address;

const doc = new Y.Doc();
const provider = new WebPubSubProvider("/collab", documentId, doc, { params: { user: name, role } });
provider.awareness.setLocalStateField("user", { name, color });

const area = document.getElementById("editor") as HTMLTextAreaElement;
const text = doc.getText("plain");
// Until the server has said that we may write.
area.readOnly = true;
provider.on("role", (granted) => {
  area.readOnly = granted !== "writer";
});
bindTextarea(text, area, provider.awareness);

// A textarea cannot draw other people's carets: a list says who is where.
const people = document.getElementById("people") as HTMLElement;
const showPeople = () => {
  const others = [...provider.awareness.getStates()].filter(([client]) => client !== doc.clientID);
  const lines = others.flatMap(([, { user, cursor }]) => {
    const head = cursor && Y.createAbsolutePositionFromRelativePosition(cursor.head, doc);
    if (!head) return [];
    const item = document.createElement("li");
    const before = text.toString().slice(0, head.index).split("\n");
    item.textContent = `${user?.name}: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    return [item];
  });
  people.replaceChildren(...lines);
};
provider.awareness.on("change", showPeople);
text.observe(showPeople);

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
