import { type ReactNode, useSyncExternalStore } from "react";
import { duplicateSelection, removeSelection, reorderSelection, restackSelection, restyle } from "../actions.ts";
import type { Editor } from "../editor.ts";
import type { Shape, Style } from "../model/schema.ts";
import type { ToolName } from "../tools/tool.ts";
import { type DeedIcon, Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** What each choice is called, in the order of the buttons. */
const LABELS: { readonly [Key in keyof Style]: Readonly<Record<Style[Key], string>> } = {
  color: {
    black: "Black",
    grey: "Grey",
    blue: "Blue",
    green: "Green",
    yellow: "Yellow",
    orange: "Orange",
    red: "Red",
    violet: "Violet",
  },
  size: { s: "Small", m: "Medium", l: "Large" },
  fill: { none: "No fill", soft: "Soft fill", solid: "Solid fill" },
  dash: { solid: "Solid line", dashed: "Dashed line" },
  opacity: { full: "Opaque", half: "Half see-through", faint: "Faint" },
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
      <Choices editor={editor} of="color" title="Colour" current={current} />
      <Choices editor={editor} of="size" title={words ? "Letters" : "Size"} current={current}>
        {words ? <span className="letter">A</span> : <span className="dot" />}
      </Choices>
      {kinds.has("box") && (
        <Choices editor={editor} of="fill" title="Fill" current={current}>
          <span className="square" />
        </Choices>
      )}
      {(kinds.has("box") || kinds.has("line")) && (
        <Choices editor={editor} of="dash" title="Line" current={current}>
          <span className="rule" />
        </Choices>
      )}
      <Choices editor={editor} of="opacity" title="Opacity" current={current}>
        <span className="disc" />
      </Choices>
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

interface ChoicesProps {
  readonly editor: Editor;
  readonly of: keyof Style;
  readonly title: string;
  readonly current: Common;
  /** What is on each button; the style sheet makes the difference. */
  readonly children?: ReactNode;
}

function Choices({ editor, of, title, current, children }: ChoicesProps): ReactNode {
  return (
    <fieldset className={`of-${of}`}>
      <legend className="hidden">{title}</legend>
      {Object.entries(LABELS[of]).map(([choice, label]) => (
        <button
          key={choice}
          type="button"
          className="choice"
          {...{ [`data-${of}`]: choice }}
          aria-label={label}
          title={label}
          aria-pressed={current[of] === choice}
          onClick={() => restyle(editor, { [of]: choice })}
        >
          {children}
        </button>
      ))}
    </fieldset>
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
