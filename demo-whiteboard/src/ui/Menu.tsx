import { type ReactNode, useId, useRef } from "react";
import { clearBoard } from "../actions.ts";
import type { Editor } from "../editor.ts";
import { exportJson, exportPng, openFile } from "../transfer.ts";
import { Icon, type IconName } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** Files and help. A native popover: it closes by Escape and by a click beside it. */
export function Menu({ editor }: { readonly editor: Editor }): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const mayWrite = useStore(editor.mayWrite);
  const some = useStore(editor.selection).size > 0;
  const act = (deed: () => unknown) => (): void => {
    list.current?.hidePopover();
    deed();
  };
  const what = some ? "selection" : "board";
  return (
    <>
      <button type="button" className="plain" aria-label="Files and help" title="Files and help" popoverTarget={id}>
        <Icon name="menu" />
      </button>
      <div id={id} ref={list} popover="auto" className="panel menu">
        <Item
          icon="picture"
          label={`Save ${what} as a picture`}
          keys="Ctrl Shift S"
          onClick={act(() => exportPng(editor))}
        />
        <Item icon="save" label={`Save ${what} as JSON`} keys="Ctrl S" onClick={act(() => exportJson(editor))} />
        {mayWrite && <Item icon="open" label="Add from a file" keys="Ctrl O" onClick={act(() => openFile(editor))} />}
        {mayWrite && <Item icon="trash" label="Clear the board" keys="" onClick={act(() => clearBoard(editor))} />}
        <hr />
        <Item icon="clock" label="History" keys="" onClick={act(() => editor.panel.set("versions"))} />
        <Item icon="wire" label="Wire: what travels" keys="" onClick={act(() => editor.panel.set("wire"))} />
        <Item icon="keys" label="Keyboard shortcuts" keys="?" onClick={act(() => editor.sheet.set(true))} />
      </div>
    </>
  );
}

function Item(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly keys: string;
  readonly onClick: () => void;
}): ReactNode {
  return (
    <button type="button" className="menu-item" onClick={props.onClick}>
      <Icon name={props.icon} />
      <span>{props.label}</span>
      <span className="menu-keys">{props.keys}</span>
    </button>
  );
}
