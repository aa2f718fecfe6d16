/** True where keys and the clipboard belong to the board: in it or nowhere, and not in a field where someone types. */
export function isForBoard(target: EventTarget | null, root: HTMLElement): boolean {
  if (!(target instanceof HTMLElement)) return true;
  const typing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  return !typing && (target === document.body || root.contains(target));
}
