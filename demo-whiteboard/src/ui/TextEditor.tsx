import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { toScreen } from "../canvas/camera.ts";
import { measureText } from "../canvas/draw.ts";
import { fontPixels, LINE_HEIGHT } from "../canvas/palette.ts";
import type { Editor, TextEditing } from "../editor.ts";
import { useStore } from "./useStore.ts";

/** The text under the keyboard, over its place on the canvas. Everyone sees each letter; leaving keeps it. */
export function TextEditor({ editor }: { readonly editor: Editor }): ReactNode {
  const editing = useStore(editor.editing);
  return editing && <OpenText key={editing.edit.id} editor={editor} editing={editing} />;
}

const ROOM_PIXELS = 4;

function OpenText({ editor, editing }: { readonly editor: Editor; readonly editing: TextEditing }): ReactNode {
  const { edit } = editing;
  const camera = useStore(editor.camera);
  const shape = useSyncExternalStore(editor.repaint.subscribe, () => editor.board.shapes.get(edit.id));
  const [value, setValue] = useState(edit.value);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => edit.onForeignChange(setValue), [edit]);
  useEffect(() => {
    area.current?.focus();
    area.current?.select();
  }, []);
  if (shape?.type !== "text") return null;

  const size = measure(value, shape.size);
  const keys = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const undoing = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (undoing) event.shiftKey ? edit.redo() : edit.undo();
    if (undoing) event.preventDefault();
    if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) area.current?.blur();
  };
  const { x, y } = toScreen(camera, { x: shape.box[0], y: shape.box[1] });
  return (
    <textarea
      ref={area}
      className="text-editor"
      aria-label="Text"
      data-color={shape.color}
      value={value}
      spellCheck={false}
      style={{
        transform: `translate(${x}px, ${y}px) scale(${camera.zoom})`,
        fontSize: fontPixels(shape.size),
        lineHeight: LINE_HEIGHT,
        width: size.width + fontPixels(shape.size) + ROOM_PIXELS,
        height: size.height + ROOM_PIXELS,
      }}
      onChange={(event) => {
        edit.set(event.target.value);
        setValue(event.target.value);
      }}
      onKeyDown={keys}
      onBlur={() => editor.endText(measure(edit.value, shape.size))}
    />
  );
}

const ruler = document.createElement("canvas").getContext("2d");

function measure(text: string, size: "s" | "m" | "l"): { readonly width: number; readonly height: number } {
  return ruler ? measureText(ruler, { text, size }) : { width: 0, height: 0 };
}
