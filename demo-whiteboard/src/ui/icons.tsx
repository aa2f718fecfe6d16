import type { ReactNode } from "react";
import type { ToolName } from "../tools/tool.ts";

/** Line icons on a grid of 24, drawn for this board. */
const PATHS = {
  select: "M5 3.5 18.5 10l-5.7 2.2L10.4 18z",
  hand: "M8 12.5V6.2a1.4 1.4 0 0 1 2.8 0v4.6M10.8 10.5V4.7a1.4 1.4 0 0 1 2.8 0v5.8M13.6 10.7V6a1.4 1.4 0 0 1 2.8 0v6M16.4 11V8.7a1.4 1.4 0 0 1 2.8 0v5.1c0 4-2.5 6.7-6.2 6.7-2.7 0-4.3-1.1-5.7-3.4l-2.6-4.3a1.4 1.4 0 0 1 2.3-1.6L8 12.9",
  pen: "M4 20l1.1-4.3L16 4.8a1.9 1.9 0 0 1 2.7 0l.5.5a1.9 1.9 0 0 1 0 2.7L8.3 18.9zM14.2 6.6l3.2 3.2",
  highlighter:
    "M8.2 14.3 4.5 19.5h6.2l1.5-1.6M8.2 14.3l3.9 3.8 7-7.3a1.8 1.8 0 0 0 0-2.5l-1.4-1.4a1.8 1.8 0 0 0-2.5 0zM14.5 19.5h5",
  rect: "M6.5 5h11A2.5 2.5 0 0 1 20 7.5v9a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 16.5v-9A2.5 2.5 0 0 1 6.5 5z",
  ellipse: "M12 4.5c4.7 0 8.5 3.4 8.5 7.5s-3.8 7.5-8.5 7.5S3.5 16.1 3.5 12 7.3 4.5 12 4.5z",
  diamond:
    "M10.7 4.3a1.8 1.8 0 0 1 2.6 0l6.4 6.4a1.8 1.8 0 0 1 0 2.6l-6.4 6.4a1.8 1.8 0 0 1-2.6 0l-6.4-6.4a1.8 1.8 0 0 1 0-2.6z",
  line: "M5 19 19 5",
  arrow: "M5 19 18.5 5.5M10 5.2h8.8V14",
  note: "M6.5 4.5h11a2 2 0 0 1 2 2V14l-5.5 5.5H6.5a2 2 0 0 1-2-2v-11a2 2 0 0 1 2-2zM19.5 14H16a2 2 0 0 0-2 2v3.5",
  text: "M5.5 7.5v-2h13v2M12 5.5v13M9.5 18.5h5",
  eraser:
    "M9 19.5h11M4.6 13.4l8.3-8.3a2 2 0 0 1 2.8 0l3.7 3.7a2 2 0 0 1 0 2.8l-7.9 7.9H8.4l-3.8-3.8a1.6 1.6 0 0 1 0-2.3zM9 9l6.5 6.5",
  undo: "M8.5 5 4.5 9l4 4M5 9h9a5.5 5.5 0 0 1 0 11h-3",
  redo: "M15.5 5l4 4-4 4M19 9h-9a5.5 5.5 0 0 0 0 11h3",
  plus: "M12 5.5v13M5.5 12h13",
  minus: "M5.5 12h13",
  fit: "M4.5 9V6.5a2 2 0 0 1 2-2H9M15 4.5h2.5a2 2 0 0 1 2 2V9M19.5 15v2.5a2 2 0 0 1-2 2H15M9 19.5H6.5a2 2 0 0 1-2-2V15",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M19.5 14.2A7.8 7.8 0 0 1 9.8 4.5a7.8 7.8 0 1 0 9.7 9.7z",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  check: "M5 12.5l4.5 4.5L19 7.5",
  front: "M12 19V6M6.5 11 12 5.5l5.5 5.5",
  back: "M12 5v13M6.5 13l5.5 5.5 5.5-5.5",
  forward: "M12 15V5M8 9l4-4 4 4M6.5 19.5h11",
  backward: "M12 9v10M8 15l4 4 4-4M6.5 4.5h11",
  copy: "M9.5 9.5h8a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-6a2 2 0 0 1-2-2zM6.5 14.5a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2h6a2 2 0 0 1 2 2",
  trash:
    "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 11a1.6 1.6 0 0 0 1.6 1.5h6.2a1.6 1.6 0 0 0 1.6-1.5l.8-11M10.3 11v5M13.7 11v5",
  menu: "M5 7h14M5 12h14M5 17h14",
  picture:
    "M6.5 4.5h11a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-11a2 2 0 0 1-2-2v-11a2 2 0 0 1 2-2zM4.8 17l4.7-5 3.5 3.7 2.5-2.4 4 3.9M15.3 8.8h.1",
  save: "M12 4.5v10M8 11l4 4 4-4M5 19.5h14",
  open: "M12 15V5M8 8.5l4-4 4 4M5 19.5h14",
  keys: "M5.5 6.5h13a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM7 10h.1M10.3 10h.1M13.7 10h.1M17 10h.1M8 14h8",
  wire: "M3.5 12h4l2.5-6.5 4 13L16.5 12h4",
  clock: "M4.6 9.5A8 8 0 1 1 4 12M4 5v4.5h4.5M12 8v4.5l3 2",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
} as const satisfies Record<ToolName, string> & Record<string, string>;

export type IconName = keyof typeof PATHS;
export type DeedIcon = Extract<IconName, "front" | "back" | "forward" | "backward" | "copy" | "trash">;

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
