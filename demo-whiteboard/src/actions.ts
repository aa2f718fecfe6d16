import { type Bounds, frame, type Point, visible, zoomAbout } from "./canvas/camera.ts";
import { boundsOfBox, contains, union } from "./canvas/geometry.ts";
import type { Editor } from "./editor.ts";
import { newShapeId } from "./ids.ts";
import type { Edge, Step, StyleChange } from "./model/board.ts";
import type { Box } from "./model/schema.ts";
import { addLine, lineAbout } from "./tools/line.ts";
import { beginNote } from "./tools/note.ts";
import { selectionBounds } from "./tools/select.ts";
import { SHAPE_DEFAULT } from "./tools/shape.ts";
import { beginText } from "./tools/text.ts";
import { inReadingOrder, nameOf, spoken } from "./words.ts";

/** What buttons and keys do. Each is one undo step or none. */

/** Kept free when everything is shown: the style lies at the left, the tools below. */
const FIT_INSET = { width: 128, widthShare: 0.15, height: 104 };
const DUPLICATE_SHIFT = { x: 24, y: 24 };
const ZOOM_STEP = 1.25;
const LEFT_ALONE = "Others have changed it since: left as it is";

export function undo(editor: Editor): void {
  if (!editor.board.history.canUndo) return;
  if (editor.board.history.undo()) editor.say("Undone");
  else editor.tell(LEFT_ALONE);
}

export function redo(editor: Editor): void {
  if (!editor.board.history.canRedo) return;
  if (editor.board.history.redo()) editor.say("Redone");
  else editor.tell(LEFT_ALONE);
}

/** Takes everything off the board, in one step that can be taken back. */
export function clearBoard(editor: Editor): void {
  const shapes = editor.board.shapes.ordered();
  if (shapes.length === 0 || !editor.board.writable) return;
  editor.board.remove(shapes.map(({ id }) => id));
  editor.tell("The board was cleared", { label: "Undo", act: () => undo(editor) });
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

/** Over, or below, the next shape that touches the selection. */
export function restackSelection(editor: Editor, step: Step): void {
  const { board, selection } = editor;
  const bounds = selectionBounds(editor);
  if (!bounds || !board.writable) return;
  const touching = new Set(board.shapes.within(bounds).map((shape) => shape.id));
  board.restack(selection.get(), step, touching);
}

/** Tab: the next shape in reading order. False at the end, where Tab goes on to the page: the board is no trap. */
export function walk(editor: Editor, direction: 1 | -1): boolean {
  const shapes = inReadingOrder(editor.board.shapes.ordered());
  const [current] = editor.selection.get();
  const from = shapes.findIndex((shape) => shape.id === current);
  const to = from < 0 ? (direction === 1 ? 0 : shapes.length - 1) : from + direction;
  const next = shapes[to];
  if (!next) {
    editor.selection.set(new Set());
    return false;
  }
  editor.pick("select");
  editor.selection.set(new Set([next.id]));
  editor.say(spoken(next, to + 1, shapes.length));
  bringIntoView(editor, boundsOfBox(next.box));
  return true;
}

function bringIntoView(editor: Editor, bounds: Bounds): void {
  const camera = editor.camera.get();
  const seen = visible(camera, editor.view.get());
  const x = (bounds.minX + bounds.maxX) / 2;
  const y = (bounds.minY + bounds.maxY) / 2;
  if (contains(seen, { x, y })) return;
  const { width, height } = editor.view.get();
  editor.camera.set({ ...camera, x: x - width / camera.zoom / 2, y: y - height / camera.zoom / 2 });
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

/** Escape: the gesture, else following, else the selection, else the tool. */
export function stepBack(editor: Editor): void {
  if (editor.live.get().kind !== "none") editor.activeTool()?.cancel();
  else if (editor.follow.person) editor.follow.stop();
  else if (editor.selection.get().size > 0) editor.selection.set(new Set());
  else editor.pick("select");
}

/** Enter with a drawing tool: a shape of default size in the middle of the view, for people without a pointer. */
export function place(editor: Editor): void {
  if (!editor.board.writable) return;
  const middle = viewCentre(editor);
  const tool = editor.tool.get();
  switch (tool) {
    case "text":
      editor.pick("select");
      beginText(editor, middle);
      break;
    case "note":
      editor.pick("select");
      beginNote(editor, middle);
      break;
    case "rect":
    case "ellipse":
    case "diamond": {
      const { width, height } = SHAPE_DEFAULT;
      const box: Box = [middle.x - width / 2, middle.y - height / 2, width, height];
      placed(editor, (id) => editor.board.add(id, { type: tool, ...editor.style.get(), box }, editor.userName()));
      break;
    }
    case "line":
    case "arrow":
      placed(editor, (id) => addLine(editor, id, tool, lineAbout(middle)));
      break;
    case "select": {
      const [id, more] = editor.selection.get();
      const shape = id !== undefined && more === undefined ? editor.board.shapes.get(id) : undefined;
      if (shape && "text" in shape) editor.editText(shape.id, false);
      break;
    }
    case "hand":
    case "pen":
    case "highlighter":
    case "eraser":
      break;
  }
}

function placed(editor: Editor, add: (id: string) => void): void {
  const id = newShapeId();
  add(id);
  editor.pick("select");
  editor.selection.set(new Set([id]));
  const shape = editor.board.shapes.get(id);
  if (shape) editor.say(`${nameOf(shape)} added`);
}

/** Looks where someone else looks, until the own first pan. Again: stops. */
export function toggleFollow(editor: Editor, clientId: number): void {
  editor.follow.toggle(clientId);
  const { person } = editor.follow;
  editor.say(person ? `Following ${person.name}` : "No longer following");
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
  if (!bounds) return;
  const view = editor.view.get();
  const width = Math.min(FIT_INSET.width, view.width * FIT_INSET.widthShare);
  editor.camera.set(frame(bounds, view, { width, height: FIT_INSET.height }));
}

function screenCentre(editor: Editor): Point {
  const { width, height } = editor.view.get();
  return { x: width / 2, y: height / 2 };
}

export function viewCentre(editor: Editor): Point {
  const { x, y, zoom } = editor.camera.get();
  const middle = screenCentre(editor);
  return { x: x + middle.x / zoom, y: y + middle.y / zoom };
}
