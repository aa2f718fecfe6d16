import type { ToolName } from "./tool.ts";

/** What each tool is called. */
export const TOOL_LABELS: Readonly<Record<ToolName, string>> = {
  select: "Select",
  hand: "Pan",
  pen: "Pen",
  highlighter: "Highlighter",
  rect: "Rectangle",
  ellipse: "Ellipse",
  diamond: "Diamond",
  line: "Line",
  arrow: "Arrow",
  text: "Text",
  note: "Sticky note",
  eraser: "Eraser",
};
