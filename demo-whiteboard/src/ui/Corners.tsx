import { type ReactNode, useSyncExternalStore } from "react";
import { fitAll, redo, undo, zoomBy, zoomReset } from "../actions.ts";
import type { Editor } from "../editor.ts";
import { Icon, type IconName } from "./icons.tsx";
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
      {mayWrite && (
        <>
          <CornerButton icon="undo" label="Undo" keys="Ctrl+Z" disabled={!canUndo} onClick={() => undo(editor)} />
          <CornerButton icon="redo" label="Redo" keys="Ctrl+Shift+Z" disabled={!canRedo} onClick={() => redo(editor)} />
        </>
      )}
      <PanelButton editor={editor} panel="versions" label="History" icon="clock" />
    </div>
  );
}

export function ZoomCorner({ editor }: { readonly editor: Editor }): ReactNode {
  const { zoom } = useStore(editor.camera);
  return (
    <div className="panel corner-right">
      <CornerButton icon="minus" label="Zoom out" keys="Ctrl+-" onClick={() => zoomBy(editor, -1)} />
      <button
        type="button"
        className="plain percent"
        aria-label="Zoom to 100 %"
        title="Zoom to 100 % — 0"
        onClick={() => zoomReset(editor)}
      >
        {Math.round(zoom * 100)}%
      </button>
      <CornerButton icon="plus" label="Zoom in" keys="Ctrl++" onClick={() => zoomBy(editor, 1)} />
      <CornerButton icon="fit" label="Show everything" keys="Shift+1" onClick={() => fitAll(editor)} />
      <PanelButton editor={editor} panel="wire" label="Wire: what travels" icon="wire" />
    </div>
  );
}

interface CornerButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly keys: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function CornerButton({ icon, label, keys, disabled = false, onClick }: CornerButtonProps): ReactNode {
  return (
    <button
      type="button"
      className="plain"
      aria-label={label}
      title={`${label} — ${keys}`}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
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
