import { type ReactNode, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { Editor } from "../editor.ts";
import { loadIdentity } from "../identity.ts";
import { attachKeyboard } from "../keyboard.ts";
import type { User } from "../presence/presence.ts";
import type { Session } from "../session.ts";
import { attachTheme, type ThemeChoice } from "../theme.ts";
import { attachClipboard } from "../transfer.ts";
import type { Lab } from "../wire/lab.ts";
import { Canvas } from "./Canvas.tsx";
import { HistoryCorner, ZoomCorner } from "./Corners.tsx";
import { Following } from "./Following.tsx";
import { Outline } from "./Outline.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { StylePanel } from "./StylePanel.tsx";
import { TextEditor } from "./TextEditor.tsx";
import { Toasts } from "./Toasts.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { TopBar } from "./TopBar.tsx";
import { useStore } from "./useStore.ts";
import { PastBanner, Versions } from "./Versions.tsx";
import { WirePanel } from "./WirePanel.tsx";
import "./theme.css";
import "./panels.css";
import "./style.css";
import "./sheets.css";
import "./toasts.css";
import "./versions.css";
import "./wire.css";
import "./small.css";

export interface WhiteboardProps {
  /** Made by `createSession`, ended by whoever made it. */
  readonly session: Session;
  /** Shows everything, changes nothing. What a read-only link may do is up to the server. Default false. */
  readonly readOnly?: boolean;
  /** Default `auto`: as this browser chose last, else as the system is. */
  readonly theme?: ThemeChoice;
  /** Who draws. Default: the person this browser remembers, or a friendly stranger who is asked for a name. */
  readonly user?: User;
  /** Buttons in the wire panel that break things. Default none. */
  readonly lab?: Lab;
  /** Told of each editor that is made, for those who want to steer it. */
  readonly onEditor?: (editor: Editor) => void;
  /** Shown at the right end of the top bar, e.g. a button of the application around. */
  readonly children?: (editor: Editor) => ReactNode;
}

/** The whole board: canvas, tools, people. Fills its parent, which must have a height. */
export function Whiteboard(props: WhiteboardProps): ReactNode {
  const { session, readOnly = false, theme = "auto", user, lab = null, onEditor, children } = props;
  const root = useRef<HTMLElement>(null);
  const [opened, setOpened] = useState<{ readonly editor: Editor; readonly greets: boolean } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one session, one editor: a new name or listener makes none
  useLayoutEffect(() => {
    const known = loadIdentity();
    const editor = new Editor(session, user ?? known.user, {
      still: () => window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    setOpened({ editor, greets: user === undefined && !known.chosen });
    onEditor?.(editor);
    return () => {
      setOpened(null);
      editor.dispose();
    };
  }, [session]);
  const editor = opened?.editor;
  useLayoutEffect(() => editor?.setReadOnly(readOnly), [editor, readOnly]);
  useLayoutEffect(() => {
    if (editor && root.current) return attachTheme(editor.theme, root.current, theme);
  }, [editor, theme]);
  useEffect(() => {
    if (!editor || !root.current) return;
    const stopKeys = attachKeyboard(root.current, editor);
    const stopClipboard = attachClipboard(root.current, editor);
    return () => {
      stopClipboard();
      stopKeys();
    };
  }, [editor]);
  return (
    <main className="whiteboard" ref={root}>
      {editor && <Board editor={editor} greets={opened.greets} bar={children?.(editor)} lab={lab} />}
    </main>
  );
}

interface BoardProps {
  readonly editor: Editor;
  readonly greets: boolean;
  readonly bar: ReactNode;
  readonly lab: Lab | null;
}

function Board({ editor, greets, bar, lab }: BoardProps): ReactNode {
  const sheet = useStore(editor.sheet);
  const panel = useStore(editor.panel);
  return (
    <>
      <Canvas editor={editor} />
      <TextEditor editor={editor} />
      <EmptyHint editor={editor} />
      <TopBar editor={editor} greets={greets} bar={bar} />
      <StylePanel editor={editor} />
      <HistoryCorner editor={editor} />
      <Toolbar editor={editor} />
      <ZoomCorner editor={editor} />
      <Outline editor={editor} />
      <Following editor={editor} />
      <PastBanner editor={editor} />
      {panel === "versions" && <Versions editor={editor} />}
      {panel === "wire" && <WirePanel editor={editor} lab={lab} />}
      {sheet && <Shortcuts editor={editor} />}
      <Toasts editor={editor} />
    </>
  );
}

function EmptyHint({ editor }: { readonly editor: Editor }): ReactNode {
  const empty = useSyncExternalStore(
    (listener) => editor.repaint.subscribe(listener),
    () => editor.board.shapes.size === 0 && editor.live.get().kind === "none" && editor.editing.get() === null,
  );
  const { everSynced } = useStore(editor.session.status);
  const mayWrite = useStore(editor.mayWrite);
  if (!empty || !everSynced) return null;
  return (
    <div className="empty-hint">
      <p className="lead">{mayWrite ? "Draw something." : "Nothing here yet."}</p>
      {mayWrite && (
        <p>
          Share the link and draw together. <kbd>P</kbd> pen <kbd>R</kbd> rectangle <kbd>N</kbd> note <kbd>Space</kbd>{" "}
          pan <kbd>?</kbd> all keys
        </p>
      )}
    </div>
  );
}
