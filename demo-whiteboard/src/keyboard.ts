import * as actions from "./actions.ts";
import type { Editor } from "./editor.ts";
import type { Cancel } from "./store.ts";
import type { ToolName } from "./tools/tool.ts";
import { exportJson, exportPng, openFile } from "./transfer.ts";
import { isForBoard } from "./typing.ts";

/** One key, one tool; also shown in the toolbar. */
export const TOOL_KEYS: Readonly<Record<ToolName, string>> = {
  select: "V",
  hand: "H",
  pen: "P",
  highlighter: "M",
  eraser: "E",
  rect: "R",
  ellipse: "O",
  diamond: "D",
  line: "L",
  arrow: "A",
  text: "T",
  note: "N",
};

const NUDGE = 1;
const NUDGE_FAR = 10;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Shortcuts of the board, except where someone types: also while nothing on the page has the focus, never while something
 * outside of the board has it. Answers how to stop listening.
 */
export function attachKeyboard(root: HTMLElement, editor: Editor): Cancel {
  const stop = new AbortController();
  const down = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || !isForBoard(event.target, root) || editor.sheet.get()) return;
    const handled = event.ctrlKey || event.metaKey ? withControl(editor, event) : plain(editor, event);
    if (handled) event.preventDefault();
  };
  const release = (): void => {
    if (editor.hand.get() === "held") editor.hand.set("away");
  };
  window.addEventListener("keydown", down, { signal: stop.signal });
  window.addEventListener("keyup", (event) => event.code === "Space" && release(), { signal: stop.signal });
  window.addEventListener("blur", release, { signal: stop.signal });
  return () => stop.abort();
}

function withControl(editor: Editor, event: KeyboardEvent): boolean {
  switch (event.key.toLowerCase()) {
    case "z":
      event.shiftKey ? actions.redo(editor) : actions.undo(editor);
      return true;
    case "y":
      actions.redo(editor);
      return true;
    case "a":
      actions.selectAll(editor);
      return true;
    case "d":
      actions.duplicateSelection(editor);
      return true;
    case "s":
      event.shiftKey ? void exportPng(editor) : exportJson(editor);
      return true;
    case "o":
      void openFile(editor);
      return true;
    case "]":
      actions.restackSelection(editor, "forward");
      return true;
    case "[":
      actions.restackSelection(editor, "backward");
      return true;
    case "=":
    case "+":
      actions.zoomBy(editor, 1);
      return true;
    case "-":
      actions.zoomBy(editor, -1);
      return true;
    default:
      return false;
  }
}

function plain(editor: Editor, event: KeyboardEvent): boolean {
  const onCanvas = !(event.target instanceof HTMLElement && event.target.closest("button, a, [role=toolbar]"));
  if (event.shiftKey && event.code === "Digit1") return done(actions.fitAll(editor));
  if (event.shiftKey && event.code === "Digit2") return done(actions.fitSelection(editor));
  if (event.code === "Space" && onCanvas) {
    if (editor.hand.get() === "away") editor.hand.set("held");
    return true;
  }
  const arrow = ARROWS[event.key];
  if (arrow && onCanvas && editor.selection.get().size > 0) {
    const step = event.shiftKey ? NUDGE_FAR : NUDGE;
    return done(actions.nudge(editor, arrow[0] * step, arrow[1] * step));
  }
  switch (event.key) {
    case "Delete":
    case "Backspace":
      return done(actions.removeSelection(editor));
    case "Escape":
      return done(actions.stepBack(editor));
    case "Enter":
      return onCanvas && done(actions.place(editor));
    case "?":
      return done(editor.sheet.set(true));
    case "Tab":
      return onBoard(event) && actions.walk(editor, event.shiftKey ? -1 : 1);
    case "[":
      return done(actions.reorderSelection(editor, "back"));
    case "]":
      return done(actions.reorderSelection(editor, "front"));
    case "0":
      return done(actions.zoomReset(editor));
    default:
      return pickTool(editor, event);
  }
}

/** Tab walks shapes only from the drawing area itself; anywhere else it walks the page. */
function onBoard({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.getAttribute("role") === "application";
}

function pickTool(editor: Editor, event: KeyboardEvent): boolean {
  if (event.altKey || event.shiftKey) return false;
  for (const [tool, key] of Object.entries(TOOL_KEYS) as [ToolName, string][]) {
    if (key.toLowerCase() === event.key.toLowerCase()) return done(editor.pick(tool));
  }
  return false;
}

/** The key was used: an action answers nothing, and the browser must not act on it as well. */
function done(_nothing: unknown): true {
  return true;
}
