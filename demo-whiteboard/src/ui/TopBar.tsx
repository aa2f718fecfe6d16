import type { ReactNode } from "react";
import type { Editor } from "../editor.ts";
import { storeTheme } from "../theme.ts";
import { Icon } from "./icons.tsx";
import { Menu } from "./Menu.tsx";
import { People } from "./People.tsx";
import { Status } from "./Status.tsx";
import { useStore } from "./useStore.ts";

interface TopBarProps {
  readonly editor: Editor;
  /** Opens the name card. */
  readonly greets: boolean;
  readonly bar: ReactNode;
}

export function TopBar({ editor, greets, bar }: TopBarProps): ReactNode {
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
        <People editor={editor} greets={greets} />
        <ThemeButton editor={editor} />
        <Menu editor={editor} />
        {bar}
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
