import { type ReactNode, useSyncExternalStore } from "react";
import { fitAll, redo, undo, zoomBy, zoomReset } from "../actions.ts";
import type { Editor } from "../editor.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** Undo and redo of one's own steps, and the board's past. */
export function HistoryCorner({ editor }: { readonly editor: Editor }): ReactNode {
  const { history } = editor.board;
  const subscribe = (listener: () => void): (() => void) => history.subscribe(listener);
  const canUndo = useSyncExternalStore(subscribe, () => history.canUndo);
  const canRedo = useSyncExternalStore(subscribe, () => history.canRedo);
  const mayWrite = useStore(editor.mayWrite);
  return (
    <div className="panel corner-left">
      {mayWrite && <UndoRedo editor={editor} canUndo={canUndo} canRedo={canRedo} />}
      <PanelButton editor={editor} panel="versions" label="History" icon="clock" />
    </div>
  );
}

interface UndoRedoProps {
  readonly editor: Editor;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

function UndoRedo({ editor, canUndo, canRedo }: UndoRedoProps): ReactNode {
  return (
    <>
      <button
        type="button"
        className="plain"
        aria-label="Undo"
        title="Undo — Ctrl+Z"
        disabled={!canUndo}
        onClick={() => undo(editor)}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        className="plain"
        aria-label="Redo"
        title="Redo — Ctrl+Shift+Z"
        disabled={!canRedo}
        onClick={() => redo(editor)}
      >
        <Icon name="redo" />
      </button>
    </>
  );
}

export function ZoomCorner({ editor }: { readonly editor: Editor }): ReactNode {
  const { zoom } = useStore(editor.camera);
  return (
    <div className="panel corner-right">
      <button
        type="button"
        className="plain"
        aria-label="Zoom out"
        title="Zoom out — Ctrl+-"
        onClick={() => zoomBy(editor, -1)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        className="plain percent"
        aria-label="Zoom to 100 %"
        title="Zoom to 100 % — 0"
        onClick={() => zoomReset(editor)}
      >
        {Math.round(zoom * 100)}%
      </button>
      <button
        type="button"
        className="plain"
        aria-label="Zoom in"
        title="Zoom in — Ctrl++"
        onClick={() => zoomBy(editor, 1)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        className="plain"
        aria-label="Show everything"
        title="Show everything — Shift+1"
        onClick={() => fitAll(editor)}
      >
        <Icon name="fit" />
      </button>
      <PanelButton editor={editor} panel="wire" label="Wire: what travels" icon="wire" />
    </div>
  );
}

interface PanelButtonProps {
  readonly editor: Editor;
  readonly panel: "wire" | "versions";
  readonly label: string;
  readonly icon: "wire" | "clock";
}

function PanelButton({ editor, panel, label, icon }: PanelButtonProps): ReactNode {
  const open = useStore(editor.panel) === panel;
  return (
    <button
      type="button"
      className="plain panel-button"
      aria-label={label}
      title={label}
      aria-pressed={open}
      onClick={() => editor.panel.set(open ? "none" : panel)}
    >
      <Icon name={icon} />
    </button>
  );
}
