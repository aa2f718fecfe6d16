import { createRoot } from "react-dom/client";
import { Editor } from "./editor.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import { newRoomId } from "./ids.ts";
import { pathOf, routeOf } from "./routes.ts";
import { createSession } from "./session.ts";
import { installTestHook } from "./test-hook.ts";
import { attachTheme } from "./theme.ts";
import { Whiteboard } from "./ui/Whiteboard.tsx";
import "./ui/theme.css";
import "./ui/panels.css";
import "./ui/style.css";
import "./ui/sheets.css";
import "./ui/small.css";

const element = document.getElementById("root");
if (!element) throw new Error("index.html has no element #root.");
const root = createRoot(element);

const route = routeOf(window.location.pathname);
const room = route.page === "board" ? route.room : newRoomId();
// Replaced, not pushed: going back from a new board must leave it, not make another one.
if (route.page === "new") window.history.replaceState(null, "", pathOf(room));
open(loadIdentity());

function open({ user, chosen }: Identity): void {
  const session = createSession({ url: new URL("/collab", window.location.origin).href, room, name: user.name });
  const editor = new Editor(session, user, {
    still: () => window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  const stopTheme = attachTheme(editor.theme);
  installTestHook(editor);
  root.render(<Whiteboard key={editor.session.doc.guid} editor={editor} firstVisit={!chosen} />);
  session.onReload(() => {
    stopTheme();
    open({ user: editor.user.get(), chosen: true });
    editor.dispose();
  });
}
