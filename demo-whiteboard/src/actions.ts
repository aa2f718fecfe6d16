import { type Bounds, frame, type Point, zoomAbout } from "./canvas/camera.ts";
import { union } from "./canvas/geometry.ts";
import type { Editor } from "./editor.ts";
import { newShapeId } from "./ids.ts";
import type { Edge, StyleChange } from "./model/board.ts";
import type { Box } from "./model/schema.ts";
import { selectionBounds } from "./tools/select.ts";
import { SHAPE_DEFAULT } from "./tools/shape.ts";
import { beginText } from "./tools/text.ts";

/** What buttons and keys do. Each is one undo step or none. */

const FIT_INSET = { width: 64, height: 104 };
const DUPLICATE_SHIFT = 24;
const ZOOM_STEP = 1.25;
const LEFT_ALONE = "Others have changed it since: left as it is";

export function undo(editor: Editor): void {
  if (!editor.board.history.canUndo) return;
  editor.say(editor.board.history.undo() ? "Undone" : LEFT_ALONE);
}

export function redo(editor: Editor): void {
  if (!editor.board.history.canRedo) return;
  editor.say(editor.board.history.redo() ? "Redone" : LEFT_ALONE);
}

export function removeSelection(editor: Editor): void {
  const ids = editor.selection.get();
  if (ids.size === 0 || !editor.board.writable) return;
  editor.board.remove(ids);
  editor.say(ids.size === 1 ? "Shape deleted" : `${ids.size} shapes deleted`);
}

export function duplicateSelection(editor: Editor): void {
  const ids = editor.selection.get();
  if (ids.size === 0) return;
  const copies = editor.board.duplicate(ids, newShapeId, DUPLICATE_SHIFT, editor.userName());
  if (copies.length > 0) editor.selection.set(new Set(copies));
}

export function nudge(editor: Editor, byX: number, byY: number): void {
  const bounds = selectionBounds(editor);
  if (!bounds) return;
  const from: Box = [bounds.minX, bounds.minY, bounds.maxX - bounds.minX, bounds.maxY - bounds.minY];
  editor.board.transform(editor.selection.get(), from, [from[0] + byX, from[1] + byY, from[2], from[3]]);
}

export function reorderSelection(editor: Editor, edge: Edge): void {
  editor.board.reorder(editor.selection.get(), edge);
}

export function selectAll(editor: Editor): void {
  editor.pick("select");
  editor.selection.set(new Set(editor.board.shapes.ordered().map((shape) => shape.id)));
}

/** The style of what is drawn next, and of what is selected. */
export function restyle(editor: Editor, change: StyleChange): void {
  editor.style.set({ ...editor.style.get(), ...change });
  if (editor.selection.get().size > 0) editor.board.restyle(editor.selection.get(), change);
}

/** Escape: the gesture, else the selection, else the tool. */
export function stepBack(editor: Editor): void {
  if (editor.live.get().kind !== "none") editor.activeTool()?.cancel();
  else if (editor.selection.get().size > 0) editor.selection.set(new Set());
  else editor.pick("select");
}

/** Enter with a drawing tool: a shape of default size in the middle of the view, for people without a pointer. */
export function place(editor: Editor): void {
  const tool = editor.tool.get();
  const middle = centre(editor);
  if (!editor.board.writable) return;
  if (tool === "text") {
    editor.pick("select");
    beginText(editor, middle);
  } else if (tool === "rect" || tool === "ellipse") {
    const id = newShapeId();
    const { width, height } = SHAPE_DEFAULT;
    const box: Box = [middle.x - width / 2, middle.y - height / 2, width, height];
    editor.board.add(id, { type: tool, ...editor.style.get(), box }, editor.userName());
    editor.pick("select");
    editor.selection.set(new Set([id]));
    editor.say(tool === "rect" ? "Rectangle added" : "Ellipse added");
  } else if (tool === "select") {
    const [id, more] = editor.selection.get();
    if (id !== undefined && more === undefined && editor.board.shapes.get(id)?.type === "text")
      editor.editText(id, false);
  }
}

export function zoomBy(editor: Editor, direction: 1 | -1): void {
  const camera = editor.camera.get();
  editor.camera.set(zoomAbout(camera, screenCentre(editor), camera.zoom * ZOOM_STEP ** direction));
}

export function zoomReset(editor: Editor): void {
  editor.camera.set(zoomAbout(editor.camera.get(), screenCentre(editor), 1));
}

export function fitAll(editor: Editor): void {
  show(editor, union(editor.board.shapes.ordered().map((shape) => shape.box)));
}

export function fitSelection(editor: Editor): void {
  show(editor, selectionBounds(editor));
}

function show(editor: Editor, bounds: Bounds | null): void {
  if (bounds) editor.camera.set(frame(bounds, editor.view.get(), FIT_INSET));
}

function screenCentre(editor: Editor): Point {
  const { width, height } = editor.view.get();
  return { x: width / 2, y: height / 2 };
}

function centre(editor: Editor): Point {
  const { x, y, zoom } = editor.camera.get();
  const middle = screenCentre(editor);
  return { x: x + middle.x / zoom, y: y + middle.y / zoom };
}
