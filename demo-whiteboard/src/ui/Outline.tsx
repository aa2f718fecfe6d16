import { type ReactNode, useEffect, useState } from "react";
import type { Editor } from "../editor.ts";
import { limits } from "../limits.ts";
import type { Shape } from "../model/schema.ts";
import { describe, inReadingOrder } from "../words.ts";

const GATHER_MS = 120;

/** The board in words, in reading order, for people who do not see the canvas. */
export function Outline({ editor }: { readonly editor: Editor }): ReactNode {
  const [shapes, setShapes] = useState<readonly Shape[]>(() => inReadingOrder(editor.board.shapes.ordered()));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = editor.board.shapes.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = null;
        setShapes(inReadingOrder(editor.board.shapes.ordered()));
      }, GATHER_MS);
    });
    setShapes(inReadingOrder(editor.board.shapes.ordered()));
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [editor]);
  return (
    // biome-ignore lint/a11y/noRedundantRoles: Safari forgets that a list without bullets is a list
    <ul className="hidden" role="list" aria-label="Shapes on this board">
      {shapes.slice(0, limits.outlineMax).map((shape) => (
        <li key={shape.id} data-shape={shape.id}>
          {describe(shape)}
        </li>
      ))}
    </ul>
  );
}
