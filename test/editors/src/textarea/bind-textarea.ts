import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

type Delta = Y.YTextEvent["delta"];

/**
 * Keeps a textarea and a text in step: an input becomes the smallest edit that explains it, other people's edits leave
 * caret and selection where they are, and undo takes back one's own edits only. Answers how to end it.
 */
export function bindTextarea(text: Y.Text, area: HTMLTextAreaElement, awareness: Awareness): () => void {
  const undoManager = new Y.UndoManager(text, { trackedOrigins: new Set([area]) });
  /** What the textarea showed when it was last in step with the text. */
  let shown = text.toString();
  /** While an input method composes, other people's edits wait: changing the value would end the composition. */
  let waiting: Delta[] | null = null;

  const show = (start: number, end: number) => {
    const { selectionDirection, scrollTop } = area;
    shown = text.toString();
    area.value = shown;
    area.setSelectionRange(start, end, selectionDirection);
    area.scrollTop = scrollTop;
  };

  const take = () => {
    const missed = waiting ?? [];
    const { index, remove, insert } = editBetween(shown, area.value, area.selectionEnd);
    const start = missed.reduce(shifted, index);
    const end = missed.reduce(shifted, index + remove);
    if (remove > 0 || insert !== "") {
      text.doc?.transact(() => {
        text.delete(start, end - start);
        text.insert(start, insert);
      }, area);
    }
    shown = text.toString();
    if (shown !== area.value) show(start + insert.length, start + insert.length);
    waiting = null;
  };

  const tellCaret = () => {
    if (waiting !== null || document.activeElement !== area) return;
    const anchor = Y.createRelativePositionFromTypeIndex(text, area.selectionStart);
    const head = Y.createRelativePositionFromTypeIndex(text, area.selectionEnd);
    awareness.setLocalStateField("cursor", { anchor, head });
  };

  const onText = (event: Y.YTextEvent) => {
    if (event.transaction.origin === area) return;
    if (waiting !== null) waiting.push(event.delta);
    else show(shifted(area.selectionStart, event.delta), shifted(area.selectionEnd, event.delta));
  };

  const listening = new AbortController();
  const { signal } = listening;
  const startComposing = () => {
    waiting = [];
  };
  area.addEventListener("compositionstart", startComposing, { signal });
  area.addEventListener("compositionend", take, { signal });
  area.addEventListener("input", () => waiting ?? take(), { signal });
  area.addEventListener("blur", () => awareness.setLocalStateField("cursor", null), { signal });
  document.addEventListener("selectionchange", tellCaret, { signal });
  area.addEventListener(
    "keydown",
    (event) => {
      const key = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y") || area.readOnly) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) undoManager.redo();
      else undoManager.undo();
    },
    { signal },
  );
  text.observe(onText);
  show(0, 0);
  return () => {
    listening.abort();
    text.unobserve(onText);
    undoManager.destroy();
  };
}

/** The smallest edit that makes `after` of `before`. The caret, where the input ended, decides between equal ones. */
export function editBetween(before: string, after: string, caret: number) {
  const shorter = Math.min(before.length, after.length);
  let suffix = commonSuffix(before, after, Math.min(after.length - caret, shorter));
  let prefix = 0;
  while (prefix < shorter - suffix && before[prefix] === after[prefix]) prefix++;
  suffix = commonSuffix(before, after, shorter - prefix);
  // Half of a surrogate pair is no character: Yjs would replace it.
  if (isHighSurrogate(before.charCodeAt(prefix - 1))) prefix--;
  if (isLowSurrogate(before.charCodeAt(before.length - suffix))) suffix--;
  return {
    index: prefix,
    remove: before.length - suffix - prefix,
    insert: after.slice(prefix, after.length - suffix),
  };
}

/** Where a position is after other people's edits; what they insert right there comes after it. */
export function shifted(position: number, delta: Delta): number {
  let at = 0;
  let moved = position;
  for (const { retain, insert, delete: removed } of delta) {
    if (retain !== undefined) at += retain;
    if (removed !== undefined && at < moved) moved -= Math.min(removed, moved - at);
    if (typeof insert !== "string") continue;
    if (at < moved) moved += insert.length;
    at += insert.length;
  }
  return moved;
}

function commonSuffix(before: string, after: string, lengthMax: number): number {
  let length = 0;
  while (length < lengthMax && before.at(-1 - length) === after.at(-1 - length)) length++;
  return length;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
