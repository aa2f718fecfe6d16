import { TOOL_KEYS } from "./keyboard.ts";
import { TOOL_LABELS } from "./tools/labels.ts";
import { TOOL_NAMES } from "./tools/tool.ts";

export interface Shortcut {
  readonly does: string;
  /** Alternatives; keys of one are pressed together. */
  readonly keys: readonly (readonly string[])[];
}

export interface ShortcutGroup {
  readonly name: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Everything that a key does, for the sheet. */
export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    name: "Tools",
    shortcuts: TOOL_NAMES.map((name) => ({ does: TOOL_LABELS[name], keys: [[TOOL_KEYS[name]]] })),
  },
  {
    name: "Shapes",
    shortcuts: [
      { does: "Place a shape, edit words", keys: [["Enter"]] },
      { does: "Next, previous shape", keys: [["Tab"], ["Shift", "Tab"]] },
      { does: "Select all", keys: [["Ctrl", "A"]] },
      { does: "Move a little, much", keys: [["Arrows"], ["Shift", "Arrows"]] },
      {
        does: "Copy, cut, paste",
        keys: [
          ["Ctrl", "C"],
          ["Ctrl", "X"],
          ["Ctrl", "V"],
        ],
      },
      {
        does: "Duplicate",
        keys: [
          ["Ctrl", "D"],
          ["Alt", "drag"],
        ],
      },
      { does: "Delete", keys: [["Delete"]] },
      { does: "To front, to back", keys: [["]"], ["["]] },
      {
        does: "Forward, backward",
        keys: [
          ["Ctrl", "]"],
          ["Ctrl", "["],
        ],
      },
      { does: "Square, 15°, proportions", keys: [["Shift", "drag"]] },
      { does: "From the middle", keys: [["Alt", "drag"]] },
    ],
  },
  {
    name: "Board",
    shortcuts: [
      {
        does: "Undo, redo",
        keys: [
          ["Ctrl", "Z"],
          ["Ctrl", "Shift", "Z"],
        ],
      },
      { does: "Pan with any tool", keys: [["Space", "drag"], ["Wheel"]] },
      {
        does: "Zoom",
        keys: [
          ["Ctrl", "Wheel"],
          ["Ctrl", "+"],
          ["Ctrl", "−"],
        ],
      },
      { does: "100 %", keys: [["0"]] },
      {
        does: "Show all, selection",
        keys: [
          ["Shift", "1"],
          ["Shift", "2"],
        ],
      },
      {
        does: "Save JSON, picture",
        keys: [
          ["Ctrl", "S"],
          ["Ctrl", "Shift", "S"],
        ],
      },
      { does: "Add from a file", keys: [["Ctrl", "O"]] },
      { does: "Stop, deselect", keys: [["Esc"]] },
      { does: "This sheet", keys: [["?"]] },
    ],
  },
];
