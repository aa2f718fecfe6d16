import { fitAll, viewCentre } from "./actions.ts";
import { union } from "./canvas/geometry.ts";
import type { Theme } from "./canvas/palette.ts";
import { paintPicture } from "./canvas/picture.ts";
import type { Editor } from "./editor.ts";
import { pickTextFile, saveFile } from "./files.ts";
import { newShapeId } from "./ids.ts";
import { readShapes, writeShapes } from "./model/portable.ts";
import type { Shape } from "./model/schema.ts";
import type { Cancel } from "./store.ts";
import { isForBoard } from "./typing.ts";

/** How shapes leave the board and come back: the clipboard, files, pictures. */

/** Copy, cut and paste through the events of the page, which need no permission. Answers how to stop listening. */
export function attachClipboard(root: HTMLElement, editor: Editor): Cancel {
  const stop = new AbortController();
  const { signal } = stop;
  const listen = (name: "copy" | "cut" | "paste", act: (data: DataTransfer) => boolean): void => {
    const heard = (event: ClipboardEvent): void => {
      if (!isForBoard(event.target, root) || !event.clipboardData) return;
      if (act(event.clipboardData)) event.preventDefault();
    };
    window.addEventListener(name, heard, { signal });
  };
  listen("copy", (data) => copyTo(editor, data, "copied"));
  listen("cut", (data) => {
    if (!editor.board.writable || !copyTo(editor, data, "cut")) return false;
    editor.board.remove(editor.selection.get());
    return true;
  });
  listen("paste", (data) => {
    paste(editor, data.getData("text/plain"));
    return true;
  });
  return () => stop.abort();
}

function copyTo(editor: Editor, data: DataTransfer, deed: string): boolean {
  const shapes = chosen(editor);
  if (shapes.length === 0) return false;
  data.setData("text/plain", writeShapes(shapes, { indent: 0 }));
  editor.say(`${counted(shapes.length)} ${deed}`);
  return true;
}

/** Puts the shapes of a text at the pointer, as one step. Anything else is told and changes nothing. */
export function paste(editor: Editor, text: string): void {
  if (!editor.board.writable) return;
  const read = readShapes(text);
  if (!read.ok || read.shapes.length === 0) {
    editor.tell("There is no drawing on the clipboard");
    return;
  }
  const bounds = union(read.shapes.map((shape) => shape.box));
  if (!bounds) return;
  const at = editor.pointer ?? viewCentre(editor);
  const shift = { x: at.x - (bounds.minX + bounds.maxX) / 2, y: at.y - (bounds.minY + bounds.maxY) / 2 };
  const ids = editor.board.insert(read.shapes, newShapeId, shift, editor.userName());
  editor.pick("select");
  editor.selection.set(new Set(ids));
  editor.say(`${counted(ids.length)} pasted`);
}

/** Adds the shapes of a file where they were drawn, as one step, and shows the board. */
export function importShapes(editor: Editor, text: string): void {
  if (!editor.board.writable) return;
  const read = readShapes(text);
  if (!read.ok) {
    editor.tell(`The file was not opened. ${read.problem}`);
    return;
  }
  const ids = editor.board.insert(read.shapes, newShapeId, { x: 0, y: 0 }, editor.userName());
  editor.pick("select");
  editor.selection.set(new Set(ids));
  fitAll(editor);
  const left = read.skipped === 0 ? "" : `, ${read.skipped} could not be read`;
  editor.tell(`${counted(ids.length)} added${left}`);
}

/** Asks for a file and adds what is in it. */
export async function openFile(editor: Editor): Promise<void> {
  if (!editor.board.writable) return;
  const picked = await pickTextFile("application/json,.json");
  if (picked.kind === "text") importShapes(editor, picked.text);
  else if (picked.kind === "unreadable") editor.tell(`The file was not opened. ${picked.problem}`);
}

/** Saves the selection, or the whole board, as a file that `openFile` reads. */
export function exportJson(editor: Editor): void {
  const shapes = chosenOrAll(editor);
  const text = writeShapes(shapes, { indent: 1 });
  saveFile(`${fileName()}.json`, new Blob([text], { type: "application/json" }));
  editor.say(`${counted(shapes.length)} saved as JSON`);
}

/** Saves the selection, or the whole board, as a picture in the theme that is shown. */
export async function exportPng(editor: Editor): Promise<void> {
  const shapes = chosenOrAll(editor);
  const blob = await pictureOf(shapes, editor.theme.get());
  if (!blob) {
    editor.tell(shapes.length === 0 ? "There is nothing to save yet" : "The picture could not be made");
    return;
  }
  saveFile(`${fileName()}.png`, blob);
  editor.say(`${counted(shapes.length)} saved as a picture`);
}

function pictureOf(shapes: readonly Shape[], theme: Theme): Promise<Blob | null> {
  const bounds = union(shapes.map((shape) => shape.box));
  const canvas = bounds && paintPicture(document.createElement("canvas"), { shapes, bounds, theme });
  return canvas ? new Promise((resolve) => canvas.toBlob(resolve, "image/png")) : Promise.resolve(null);
}

function chosen(editor: Editor): readonly Shape[] {
  const ids = editor.selection.get();
  return editor.board.shapes.ordered().filter((shape) => ids.has(shape.id));
}

function chosenOrAll(editor: Editor): readonly Shape[] {
  const shapes = chosen(editor);
  return shapes.length > 0 ? shapes : editor.board.shapes.ordered();
}

function counted(count: number): string {
  return count === 1 ? "1 shape" : `${count} shapes`;
}

function fileName(): string {
  return `whiteboard-${new Date().toISOString().slice(0, 10)}`;
}
