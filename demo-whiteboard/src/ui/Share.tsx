import { type ReactNode, useId, useRef, useState } from "react";
import type { Editor } from "../editor.ts";
import { splitPath, viewPath } from "../page.ts";
import { Icon } from "./icons.tsx";

const TICK_MS = 1_800;

export interface ShareProps {
  readonly editor: Editor;
  /** The board's key, or null behind a read-only link: then there is nothing else to share. */
  readonly boardKey: string | null;
}

/** The links of a board: to draw, to look, and two clients side by side. */
export function Share({ editor, boardKey }: ShareProps): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const [copied, setCopied] = useState(false);
  const copy = async (link: URL, words: string): Promise<void> => {
    list.current?.hidePopover();
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      // Without permission (or https) there is no clipboard: then the person copies by hand.
      window.prompt("Copy this link", link.href);
      return;
    }
    setCopied(true);
    editor.tell(words);
    setTimeout(() => setCopied(false), TICK_MS);
  };
  const here = new URL(window.location.pathname, window.location.origin);
  const view = new URL(viewPath(editor.session.board), here);
  return (
    <>
      <button type="button" className="primary share" title="Links to this board" popoverTarget={id}>
        <Icon name={copied ? "check" : "link"} />
        <span>{copied ? "Copied" : "Share"}</span>
      </button>
      <div id={id} ref={list} popover="auto" className="panel menu">
        {boardKey !== null && (
          <ShareItem
            label="Copy the link"
            detail="Whoever has it can draw."
            onClick={() => void copy(here, "Link copied")}
          />
        )}
        <ShareItem
          label="Copy a read-only link"
          detail="Shows every change. The server takes none."
          onClick={() => void copy(view, "Read-only link copied")}
        />
        {boardKey !== null && (
          <a className="menu-item menu-tall" href={splitPath(boardKey)}>
            <span>
              Two clients side by side
              <small>See an edit arrive, and disturb the line.</small>
            </span>
          </a>
        )}
      </div>
    </>
  );
}

interface ShareItemProps {
  readonly label: string;
  readonly detail: string;
  readonly onClick: () => void;
}

function ShareItem({ label, detail, onClick }: ShareItemProps): ReactNode {
  return (
    <button type="button" className="menu-item menu-tall" onClick={onClick}>
      <span>
        {label}
        <small>{detail}</small>
      </span>
    </button>
  );
}
