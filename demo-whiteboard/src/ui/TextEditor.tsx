import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { type Size, toScreen } from "../canvas/camera.ts";
import { fontPixels, LINE_HEIGHT, NOTE_PADDING } from "../canvas/palette.ts";
import type { Editor, TextEditing } from "../editor.ts";
import type { NoteShape, TextShape } from "../model/schema.ts";
import { measureWords } from "../ruler.ts";
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
  if (shape?.type !== "text" && shape?.type !== "note") return null;

  const isNote = shape.type === "note";
  const size = measure({ ...shape, text: value });
  const room = isNote ? 0 : ROOM_PIXELS;
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
      className={isNote ? "text-editor note-editor" : "text-editor"}
      aria-label={isNote ? "Sticky note" : "Text"}
      data-color={shape.color}
      value={value}
      spellCheck={false}
      style={{
        transform: `translate(${x}px, ${y}px) scale(${camera.zoom})`,
        fontSize: fontPixels(shape),
        lineHeight: LINE_HEIGHT,
        // A letter more than the words need, so that the field never scrolls while one is typed.
        width: size.width + room + (isNote ? 0 : fontPixels(shape)),
        height: size.height + room,
        padding: isNote ? NOTE_PADDING : 0,
      }}
      onChange={(event) => {
        edit.set(event.target.value);
        setValue(event.target.value);
      }}
      onKeyDown={keys}
      onBlur={() => editor.endText(measure({ ...shape, text: edit.value }))}
    />
  );
}

function measure(shape: TextShape | NoteShape): Size {
  return measureWords(shape) ?? { width: 0, height: 0 };
}
