import type * as Y from "yjs";

/** Keys to be typed, and where: into the saved document, into a copy that nobody else has, or not at all. */
export interface Typed {
  readonly keys: number;
  readonly into: "document" | "copy" | "nothing";
}

/** Fast typing: what is spent beside the keys shows less. */
export const keyPauseMs = 20;
/** Main-thread time of a key. */
export const keystrokeGoalMs = 0.2;

/** Edits all over the place: what compresses worst. */
export function scatter(text: Y.Text, count: number): void {
  let state = 1;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let edit = 0; edit < count; edit++) {
    if (edit % 4 === 3) text.delete(random(text.length), 1);
    else text.insert(random(text.length + 1), String.fromCharCode(97 + random(26)));
  }
}
