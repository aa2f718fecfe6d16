import { type ReactNode, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { Renderer } from "../canvas/renderer.ts";
import type { Editor } from "../editor.ts";
import { attachKeyboard } from "../keyboard.ts";
import { sceneOf } from "../scene.ts";
import { attachPointer } from "../tools/pointer.ts";
import { attachClipboard } from "../transfer.ts";
import { HistoryCorner, ZoomCorner } from "./Corners.tsx";
import { Following } from "./Following.tsx";
import { Outline } from "./Outline.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { StylePanel } from "./StylePanel.tsx";
import { TextEditor } from "./TextEditor.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { TopBar } from "./TopBar.tsx";
import { useStore } from "./useStore.ts";

export interface WhiteboardProps {
  readonly editor: Editor;
  /** Greets with the name card. */
  readonly firstVisit: boolean;
}

/** The whole board: canvas, tools, people. Fills its parent. */
export function Whiteboard({ editor, firstVisit }: WhiteboardProps): ReactNode {
  return (
    <main className="whiteboard">
      <Canvas editor={editor} />
      <TextEditor editor={editor} />
      <EmptyHint editor={editor} />
      <TopBar editor={editor} firstVisit={firstVisit} />
      <StylePanel editor={editor} />
      <HistoryCorner editor={editor} />
      <Toolbar editor={editor} />
      <ZoomCorner editor={editor} />
      <Outline editor={editor} />
      <Following editor={editor} />
      <Shortcuts editor={editor} />
      <Notice editor={editor} />
    </main>
  );
}

function Canvas({ editor }: { readonly editor: Editor }): ReactNode {
  const area = useRef<HTMLDivElement>(null);
  const back = useRef<HTMLCanvasElement>(null);
  const front = useRef<HTMLCanvasElement>(null);
  const cursor = useStore(editor.cursor);
  const hand = useStore(editor.hand);

  useLayoutEffect(() => {
    if (!area.current || !back.current || !front.current) return;
    const element = area.current;
    const renderer = new Renderer(back.current, front.current, sceneOf(editor));
    const resize = (): void => {
      const view = { width: element.clientWidth, height: element.clientHeight };
      editor.view.set(view);
      renderer.resize(view, window.devicePixelRatio);
    };
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    resize();
    const stopPaint = editor.repaint.subscribe(() => renderer.invalidate(editor.repaint.get().what));
    const stopPointer = attachPointer(element, editor);
    const stopKeys = attachKeyboard(window, editor);
    const stopClipboard = attachClipboard(window, editor);
    return () => {
      stopClipboard();
      stopKeys();
      stopPointer();
      stopPaint();
      observer.disconnect();
      renderer.dispose();
    };
  }, [editor]);

  const shown = hand === "panning" ? "grabbing" : hand === "held" ? "grab" : cursor;
  return (
    <div
      ref={area}
      className="canvas"
      role="application"
      aria-label="Drawing area. Choose a tool, then press Enter to place a shape. Tab walks the shapes."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the drawing area takes keys, and role application says so
      tabIndex={0}
      style={{ cursor: shown }}
    >
      <canvas ref={back} />
      <canvas ref={front} />
    </div>
  );
}

function EmptyHint({ editor }: { readonly editor: Editor }): ReactNode {
  const empty = useSyncExternalStore(
    (listener) => editor.repaint.subscribe(listener),
    () => editor.board.shapes.size === 0 && editor.live.get().kind === "none" && editor.editing.get() === null,
  );
  const { everSynced, role } = useStore(editor.session.status);
  if (!empty || !everSynced) return null;
  return (
    <div className="empty-hint">
      <p className="lead">{role === "reader" ? "Nothing here yet." : "Draw something."}</p>
      {role !== "reader" && (
        <p>
          Share the link and draw together. <kbd>P</kbd> pen <kbd>R</kbd> rectangle <kbd>N</kbd> note <kbd>Space</kbd>{" "}
          pan <kbd>?</kbd> all keys
        </p>
      )}
    </div>
  );
}

function Notice({ editor }: { readonly editor: Editor }): ReactNode {
  const notice = useStore(editor.notice);
  return (
    <div className="hidden" aria-live="polite" data-notice>
      {notice}
    </div>
  );
}
