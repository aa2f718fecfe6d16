import { type ReactNode, useState } from "react";
import type { Editor } from "../editor.ts";
import { storeTheme } from "../theme.ts";
import { Icon } from "./icons.tsx";
import { Menu } from "./Menu.tsx";
import { People } from "./People.tsx";
import { Status } from "./Status.tsx";
import { useStore } from "./useStore.ts";

const TICK_MS = 1_800;

export function TopBar({ editor, firstVisit }: { readonly editor: Editor; readonly firstVisit: boolean }): ReactNode {
  return (
    <header className="top">
      <div className="panel brand">
        <a className="mark" href="/new" title="New board">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4.5 15.5c2.5-7 5-9.5 6.5-8.5 2 1.4-3.5 8-1.5 9.5s4.5-6 6.5-5c1.5.8-.5 3.5.8 4.3.9.5 1.9-.2 2.7-1.3" />
          </svg>
          <span className="hidden">New board</span>
        </a>
        <h1>Whiteboard</h1>
        <Status session={editor.session} />
      </div>
      <div className="panel right">
        <People editor={editor} firstVisit={firstVisit} />
        <ThemeButton editor={editor} />
        <Menu editor={editor} />
        <ShareButton editor={editor} />
      </div>
    </header>
  );
}

function ThemeButton({ editor }: { readonly editor: Editor }): ReactNode {
  const theme = useStore(editor.theme);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="plain"
      aria-label={`Switch to the ${other} theme`}
      title={`Switch to the ${other} theme`}
      onClick={() => storeTheme(editor.theme, other)}
    >
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </button>
  );
}

/** Copies the link of the room: whoever has it can join. */
function ShareButton({ editor }: { readonly editor: Editor }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const link = window.location.href;
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      // Without permission (or https) there is no clipboard: then the person copies by hand.
      window.prompt("Copy this link", link);
      return;
    }
    setCopied(true);
    editor.say("Link copied");
    setTimeout(() => setCopied(false), TICK_MS);
  };
  return (
    <button type="button" className="primary share" title="Copy the link to this board" onClick={() => void copy()}>
      <Icon name={copied ? "check" : "link"} />
      <span>{copied ? "Copied" : "Share"}</span>
    </button>
  );
}
