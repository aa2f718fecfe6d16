import { type ReactNode, useSyncExternalStore } from "react";
import { duplicateSelection, removeSelection, reorderSelection, restyle } from "../actions.ts";
import type { Editor } from "../editor.ts";
import {
  COLORS,
  type ColorName,
  FILLS,
  type FillName,
  type Shape,
  SIZES,
  type SizeName,
  type Style,
} from "../model/schema.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

const COLOR_LABELS: Readonly<Record<ColorName, string>> = {
  black: "Black",
  grey: "Grey",
  blue: "Blue",
  green: "Green",
  yellow: "Yellow",
  orange: "Orange",
  red: "Red",
  violet: "Violet",
};
const SIZE_LABELS: Readonly<Record<SizeName, string>> = { s: "Small", m: "Medium", l: "Large" };
const FILL_LABELS: Readonly<Record<FillName, string>> = { none: "No fill", soft: "Soft fill", solid: "Solid fill" };

/** Colour, size and fill: of what is drawn next, and of what is selected. Away while there is nothing to style. */
export function StylePanel({ editor }: { readonly editor: Editor }): ReactNode {
  const tool = useStore(editor.tool);
  const style = useStore(editor.style);
  const selection = useStore(editor.selection);
  const { role } = useStore(editor.session.status);
  useSyncExternalStore(editor.repaint.subscribe, () => styleKey(editor));
  const shapes = [...selection].map((id) => editor.board.shapes.get(id)).filter((shape) => shape !== undefined);
  const styling = shapes.length > 0 || tool === "pen" || tool === "rect" || tool === "ellipse" || tool === "text";
  if (role === "reader" || !styling) return null;
  const current = shapes.length > 0 ? common(shapes) : style;
  const fills = shapes.length > 0 ? shapes.some((shape) => "fill" in shape) : tool === "rect" || tool === "ellipse";
  return (
    <section className="panel style-panel" aria-label="Style">
      <fieldset className="swatches">
        <legend className="hidden">Colour</legend>
        {COLORS.map((color) => (
          <button
            key={color}
            type="button"
            className="swatch"
            data-color={color}
            aria-label={COLOR_LABELS[color]}
            title={COLOR_LABELS[color]}
            aria-pressed={current.color === color}
            onClick={() => restyle(editor, { color })}
          />
        ))}
      </fieldset>
      <fieldset className="sizes">
        <legend className="hidden">Size</legend>
        {SIZES.map((size) => (
          <button
            key={size}
            type="button"
            className="size"
            data-size={size}
            aria-label={SIZE_LABELS[size]}
            title={SIZE_LABELS[size]}
            aria-pressed={current.size === size}
            onClick={() => restyle(editor, { size })}
          >
            <span className="dot" />
          </button>
        ))}
      </fieldset>
      {fills && (
        <fieldset className="fills">
          <legend className="hidden">Fill</legend>
          {FILLS.map((fill) => (
            <button
              key={fill}
              type="button"
              className="fill"
              data-fill={fill}
              aria-label={FILL_LABELS[fill]}
              title={FILL_LABELS[fill]}
              aria-pressed={current.fill === fill}
              onClick={() => restyle(editor, { fill })}
            >
              <span className="square" />
            </button>
          ))}
        </fieldset>
      )}
      {shapes.length > 0 && (
        <fieldset className="deeds">
          <legend className="hidden">Selection</legend>
          <Deed icon="front" label="Bring to front — ]" onClick={() => reorderSelection(editor, "front")} />
          <Deed icon="back" label="Send to back — [" onClick={() => reorderSelection(editor, "back")} />
          <Deed icon="copy" label="Duplicate — Ctrl+D" onClick={() => duplicateSelection(editor)} />
          <Deed icon="trash" label="Delete" onClick={() => removeSelection(editor)} />
        </fieldset>
      )}
    </section>
  );
}

function Deed(props: {
  readonly icon: "front" | "back" | "copy" | "trash";
  readonly label: string;
  readonly onClick: () => void;
}): ReactNode {
  return (
    <button type="button" className="deed" aria-label={props.label} title={props.label} onClick={props.onClick}>
      <Icon name={props.icon} />
    </button>
  );
}

type Common = { readonly [Key in keyof Style]: Style[Key] | null };

/** What all selected shapes share; null where they differ. */
function common(shapes: readonly Shape[]): Common {
  const shared = <T,>(values: readonly T[]): T | null => (new Set(values).size === 1 ? (values[0] ?? null) : null);
  return {
    color: shared(shapes.flatMap((shape) => ("color" in shape ? [shape.color] : []))),
    size: shared(shapes.flatMap((shape) => ("size" in shape ? [shape.size] : []))),
    fill: shared(shapes.flatMap((shape) => ("fill" in shape ? [shape.fill] : []))),
  };
}

/** Changes exactly when the panel must show something else, also after someone else's change. */
function styleKey(editor: Editor): string {
  const shapes = [...editor.selection.get()]
    .map((id) => editor.board.shapes.get(id))
    .filter((shape) => shape !== undefined);
  return JSON.stringify([shapes.length, common(shapes)]);
}
