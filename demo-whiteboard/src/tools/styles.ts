import type { Style } from "../model/schema.ts";
import type { ToolName } from "./tool.ts";

/** Tools that share a style. A note in the ink's black, or a highlighter in it, is what nobody wants. */
type Family = "ink" | "highlight" | "note";

const PLAIN: Style = { color: "black", size: "m", fill: "soft", dash: "solid", opacity: "full" };

/** The style chosen last, for each family of tools. */
export class StyleMemory {
  private readonly styles: Record<Family, Style> = {
    ink: PLAIN,
    highlight: { ...PLAIN, color: "yellow" },
    note: { ...PLAIN, color: "yellow", size: "s" },
  };
  private family: Family = "ink";

  get current(): Style {
    return this.styles[this.family];
  }

  keep(style: Style): void {
    this.styles[this.family] = style;
  }

  /** Tools without a style of their own (select, hand, eraser) leave it as it is. */
  turnTo(tool: ToolName): Style {
    this.family = familyOf(tool) ?? this.family;
    return this.current;
  }
}

function familyOf(tool: ToolName): Family | null {
  switch (tool) {
    case "select":
    case "hand":
    case "eraser":
      return null;
    case "highlighter":
      return "highlight";
    case "note":
      return "note";
    case "pen":
    case "rect":
    case "ellipse":
    case "diamond":
    case "line":
    case "arrow":
    case "text":
      return "ink";
  }
}
