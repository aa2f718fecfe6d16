import { type ReactNode, useSyncExternalStore } from "react";
import { fitAll, redo, undo, zoomBy, zoomReset } from "../actions.ts";
import type { Editor } from "../editor.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** Undo and redo of one's own steps. */
export function HistoryCorner({ editor }: { readonly editor: Editor }): ReactNode {
  const { history } = editor.board;
  const subscribe = (listener: () => void): (() => void) => history.subscribe(listener);
  const canUndo = useSyncExternalStore(subscribe, () => history.canUndo);
  const canRedo = useSyncExternalStore(subscribe, () => history.canRedo);
  const { role } = useStore(editor.session.status);
  if (role === "reader") return null;
  return (
    <div className="panel corner-left">
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
    </div>
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
    </div>
  );
}
