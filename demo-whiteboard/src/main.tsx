/** The whiteboard's own page. It embeds the board as any other application would. */
import { StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import type { ReloadReason } from "y-webpubsub";
import { colorOf, loadIdentity } from "./identity.ts";
import { createSession, Whiteboard } from "./index.ts";
import { guestName, type Page, readPage } from "./page.ts";
import type { User } from "./presence/presence.ts";
import { whyAnew } from "./status.ts";
import { installTestHook } from "./test-hook.ts";
import { Share } from "./ui/Share.tsx";
import { Split } from "./ui/Split.tsx";
import { installLab, type Lab } from "./wire/lab.ts";
import "./page.css";

const { title } = document;
const element = document.getElementById("root");
if (!element) throw new Error("index.html has no element #root.");
show(createRoot(element), readPage(document.body.dataset));

function show(root: Root, page: Page): void {
  switch (page.kind) {
    case "split":
      root.render(<Split boardKey={page.key} />);
      break;
    case "board":
      openBoard(root, page, installLab(window, { mayKill: page.lab }));
      break;
    case "unknown":
      root.render(<p className="lost">Open the address that `npm start` prints: this page has no board in it.</p>);
      break;
  }
}

/** What somebody had at the board that this one takes the place of. */
interface Before {
  readonly user: User | undefined;
  readonly reason: ReloadReason;
}

function openBoard(root: Root, page: Page & { readonly kind: "board" }, lab: Lab, before?: Before): void {
  const guest = guestName(window.location.search);
  const user = before?.user ?? (guest === null ? undefined : { name: guest, color: colorOf(guest) });
  const { board, key } = page;
  const name = (user ?? loadIdentity().user).name;
  const url = new URL("/collab", window.location.origin).href;
  // Guests of the split view stand for two people: they meet over the network and share nothing of this browser.
  const apart = guest !== null;
  // Whoever loads a page gets an identity.
  const welcome = (): Promise<unknown> => fetch(window.location.href, { cache: "no-store" });
  const session = createSession({ url, board, key, name, kept: !apart, crossTab: !apart, welcome });
  let current = user;
  session.onReload((reason) => {
    // The document here is of no use any more: the same person joins the board anew.
    openBoard(root, page, lab, { user: current, reason });
    session.dispose();
  });
  root.render(
    <StrictMode>
      <Whiteboard
        key={session.doc.guid}
        session={session}
        lab={lab}
        {...(user ? { user } : {})}
        onEditor={(editor) => {
          installTestHook(editor);
          const { people } = editor.presence;
          people.subscribe(() => {
            const { length } = people.get();
            document.title = length > 1 ? `${title} · ${length} here` : title;
          });
          if (before !== undefined) editor.tell(whyAnew(before.reason));
          current = editor.user.get();
          editor.user.subscribe(() => {
            current = editor.user.get();
          });
        }}
      >
        {(editor) => <Share editor={editor} boardKey={key} />}
      </Whiteboard>
    </StrictMode>,
  );
}
