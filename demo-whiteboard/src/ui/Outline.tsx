import { type ReactNode, useEffect, useState } from "react";
import type { Editor } from "../editor.ts";
import { limits } from "../limits.ts";
import type { Shape } from "../model/schema.ts";

const GATHER_MS = 120;
const NAMES: Readonly<Record<Shape["type"], string>> = {
  pen: "Drawing",
  rect: "Rectangle",
  ellipse: "Ellipse",
  text: "Text",
  foreign: "Unknown shape",
};

/** The board in words, in reading order, for people who do not see the canvas. */
export function Outline({ editor }: { readonly editor: Editor }): ReactNode {
  const [shapes, setShapes] = useState<readonly Shape[]>(() => inReadingOrder(editor));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = editor.board.shapes.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = null;
        setShapes(inReadingOrder(editor));
      }, GATHER_MS);
    });
    setShapes(inReadingOrder(editor));
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

function describe(shape: Shape): string {
  const author = shape.by === "" ? "" : `, by ${shape.by}`;
  if (shape.type === "foreign") return `${NAMES.foreign}${author}`;
  const words = shape.type === "text" ? `: ${shape.text}` : "";
  return `${NAMES[shape.type]}${words}, ${shape.color}${author}`;
}

function inReadingOrder(editor: Editor): readonly Shape[] {
  return [...editor.board.shapes.ordered()].sort((a, b) => a.box[1] - b.box[1] || a.box[0] - b.box[0]);
}
