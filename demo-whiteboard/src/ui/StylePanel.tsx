import { type ReactNode, useSyncExternalStore } from "react";
import { duplicateSelection, removeSelection, reorderSelection, restackSelection, restyle } from "../actions.ts";
import type { Editor } from "../editor.ts";
import {
  COLORS,
  type ColorName,
  DASHES,
  type DashName,
  FILLS,
  type FillName,
  OPACITIES,
  type OpacityName,
  type Shape,
  SIZES,
  type SizeName,
  type Style,
} from "../model/schema.ts";
import type { ToolName } from "../tools/tool.ts";
import { type DeedIcon, Icon } from "./icons.tsx";
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
const DASH_LABELS: Readonly<Record<DashName, string>> = { solid: "Solid line", dashed: "Dashed line" };
const OPACITY_LABELS: Readonly<Record<OpacityName, string>> = {
  full: "Opaque",
  half: "Half see-through",
  faint: "Faint",
};

/** What a tool is about to draw: which of the choices mean something for it. */
type Kind = "ink" | "line" | "box" | "words" | "nothing";

/** Colour, size and more: of what is drawn next, and of what is selected. Away while there is nothing to style. */
export function StylePanel({ editor }: { readonly editor: Editor }): ReactNode {
  const tool = useStore(editor.tool);
  const style = useStore(editor.style);
  const selection = useStore(editor.selection);
  const mayWrite = useStore(editor.mayWrite);
  useSyncExternalStore(editor.repaint.subscribe, () => styleKey(editor));
  const shapes = [...selection].map((id) => editor.board.shapes.get(id)).filter((shape) => shape !== undefined);
  const kinds = shapes.length > 0 ? new Set(shapes.map(kindOfShape)) : new Set([kindOfTool(tool)]);
  if (!mayWrite || (shapes.length === 0 && kinds.has("nothing"))) return null;
  const current = shapes.length > 0 ? common(shapes) : style;
  const words = kinds.size === 1 && kinds.has("words");
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
      <fieldset className="sizes" data-words={words}>
        <legend className="hidden">{words ? "Letters" : "Size"}</legend>
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
            {words ? <span className="letter">A</span> : <span className="dot" />}
          </button>
        ))}
      </fieldset>
      {kinds.has("box") && (
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
      {(kinds.has("box") || kinds.has("line")) && (
        <fieldset className="dashes">
          <legend className="hidden">Line</legend>
          {DASHES.map((dash) => (
            <button
              key={dash}
              type="button"
              className="fill"
              data-dash={dash}
              aria-label={DASH_LABELS[dash]}
              title={DASH_LABELS[dash]}
              aria-pressed={current.dash === dash}
              onClick={() => restyle(editor, { dash })}
            >
              <span className="rule" />
            </button>
          ))}
        </fieldset>
      )}
      <fieldset className="opacities">
        <legend className="hidden">Opacity</legend>
        {OPACITIES.map((opacity) => (
          <button
            key={opacity}
            type="button"
            className="fill"
            data-opacity={opacity}
            aria-label={OPACITY_LABELS[opacity]}
            title={OPACITY_LABELS[opacity]}
            aria-pressed={current.opacity === opacity}
            onClick={() => restyle(editor, { opacity })}
          >
            <span className="disc" />
          </button>
        ))}
      </fieldset>
      {shapes.length > 0 && (
        <fieldset className="deeds">
          <legend className="hidden">Selection</legend>
          <Deed icon="front" label="Bring to front — ]" onClick={() => reorderSelection(editor, "front")} />
          <Deed icon="back" label="Send to back — [" onClick={() => reorderSelection(editor, "back")} />
          <Deed icon="forward" label="Bring forward — Ctrl+]" onClick={() => restackSelection(editor, "forward")} />
          <Deed icon="backward" label="Send backward — Ctrl+[" onClick={() => restackSelection(editor, "backward")} />
          <Deed icon="copy" label="Duplicate — Ctrl+D" onClick={() => duplicateSelection(editor)} />
          <Deed icon="trash" label="Delete" onClick={() => removeSelection(editor)} />
        </fieldset>
      )}
    </section>
  );
}

function Deed(props: { readonly icon: DeedIcon; readonly label: string; readonly onClick: () => void }): ReactNode {
  return (
    <button type="button" className="deed" aria-label={props.label} title={props.label} onClick={props.onClick}>
      <Icon name={props.icon} />
    </button>
  );
}

function kindOfTool(tool: ToolName): Kind {
  switch (tool) {
    case "select":
    case "hand":
    case "eraser":
      return "nothing";
    case "highlighter":
      return "ink";
    case "pen":
    case "line":
    case "arrow":
    case "rect":
    case "ellipse":
    case "diamond":
    case "text":
    case "note":
      return KIND_OF_TYPE[tool];
  }
}

function kindOfShape(shape: Shape): Kind {
  return KIND_OF_TYPE[shape.type];
}

const KIND_OF_TYPE: Readonly<Record<Shape["type"], Kind>> = {
  pen: "ink",
  line: "line",
  arrow: "line",
  rect: "box",
  ellipse: "box",
  diamond: "box",
  text: "words",
  note: "words",
  foreign: "nothing",
};

type Common = { readonly [Key in keyof Style]: Style[Key] | null };

/** What all selected shapes share; null where they differ. */
function common(shapes: readonly Shape[]): Common {
  const shared = <T,>(values: readonly T[]): T | null => (new Set(values).size === 1 ? (values[0] ?? null) : null);
  return {
    color: shared(shapes.flatMap((shape) => ("color" in shape ? [shape.color] : []))),
    size: shared(shapes.flatMap((shape) => ("size" in shape ? [shape.size] : []))),
    fill: shared(shapes.flatMap((shape) => ("fill" in shape ? [shape.fill] : []))),
    dash: shared(shapes.flatMap((shape) => ("dash" in shape ? [shape.dash] : []))),
    opacity: shared(shapes.flatMap((shape) => ("opacity" in shape ? [shape.opacity] : []))),
  };
}

/** Changes exactly when the panel must show something else, also after someone else's change. */
function styleKey(editor: Editor): string {
  const shapes = [...editor.selection.get()]
    .map((id) => editor.board.shapes.get(id))
    .filter((shape) => shape !== undefined);
  return JSON.stringify([shapes.length, common(shapes)]);
}
