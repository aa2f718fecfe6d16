import type { ColorName, SizeName } from "../model/schema.ts";

export type Theme = "light" | "dark";

interface Ink {
  readonly stroke: string;
  readonly soft: string;
  /** The paper of a sticky note: the theme's black on it has at least 4.5 to 1. */
  readonly note: string;
}

/** Each colour of the palette on both themes. Documents hold names, never colour strings. */
export const PALETTE: Readonly<Record<Theme, Readonly<Record<ColorName, Ink>>>> = {
  light: {
    black: { stroke: "#1f2430", soft: "#eceef2", note: "#e4e7ee" },
    grey: { stroke: "#7c8596", soft: "#f0f2f5", note: "#d5dae3" },
    blue: { stroke: "#2f6fed", soft: "#dfeafd", note: "#bfd7ff" },
    green: { stroke: "#16935a", soft: "#d9f3e5", note: "#b9ecd0" },
    yellow: { stroke: "#c98a04", soft: "#fdf2c8", note: "#ffe88a" },
    orange: { stroke: "#e2620e", soft: "#fee6d3", note: "#ffd0a6" },
    red: { stroke: "#dc3545", soft: "#fde0e3", note: "#ffc4c9" },
    violet: { stroke: "#7c4ddb", soft: "#ebe3fc", note: "#dccbff" },
  },
  dark: {
    black: { stroke: "#f1f3f7", soft: "#343a47", note: "#3a4150" },
    grey: { stroke: "#98a2b3", soft: "#2b303b", note: "#4a5263" },
    blue: { stroke: "#6ea2ff", soft: "#1e315c", note: "#2a4a8c" },
    green: { stroke: "#4ccf93", soft: "#173d2e", note: "#1f5c44" },
    yellow: { stroke: "#f0c14b", soft: "#423515", note: "#6b5518" },
    orange: { stroke: "#ff9a57", soft: "#4a2b17", note: "#743f1c" },
    red: { stroke: "#ff7b86", soft: "#4b222a", note: "#75313b" },
    violet: { stroke: "#ae8cff", soft: "#352a5c", note: "#513f8f" },
  },
};

/** The ink of a highlighter, where the usual one would look dirty when light shines through. */
const MARKER: Readonly<Partial<Record<ColorName, string>>> = { yellow: "#ffcf0d", orange: "#ff8f3a" };

export function highlightInk(theme: Theme, color: ColorName): string {
  return MARKER[color] ?? PALETTE[theme][color].stroke;
}

/** Text on a surface of the stroke colour (cursor names, avatars): at least 4.5 to 1. */
export const NAME_INK: Readonly<
  Record<Theme, Readonly<Record<ColorName, { readonly back: string; readonly text: string }>>>
> = {
  light: {
    black: { back: "#1f2430", text: "#ffffff" },
    grey: { back: "#5c6474", text: "#ffffff" },
    blue: { back: "#2563eb", text: "#ffffff" },
    green: { back: "#0f7a49", text: "#ffffff" },
    yellow: { back: "#936503", text: "#ffffff" },
    orange: { back: "#b84a05", text: "#ffffff" },
    red: { back: "#cb2436", text: "#ffffff" },
    violet: { back: "#7040d0", text: "#ffffff" },
  },
  dark: {
    black: { back: "#f1f3f7", text: "#14171d" },
    grey: { back: "#aab3c2", text: "#14171d" },
    blue: { back: "#7fadff", text: "#14171d" },
    green: { back: "#5ad79d", text: "#14171d" },
    yellow: { back: "#f0c14b", text: "#14171d" },
    orange: { back: "#ffa467", text: "#14171d" },
    red: { back: "#ff8d97", text: "#14171d" },
    violet: { back: "#b99bff", text: "#14171d" },
  },
};

export const SURFACE: Readonly<
  Record<Theme, { readonly paper: string; readonly dot: string; readonly accent: string; readonly handle: string }>
> = {
  light: { paper: "#fbfbfd", dot: "#dfe3eb", accent: "#5b5bd6", handle: "#ffffff" },
  dark: { paper: "#14161b", dot: "#272b34", accent: "#8f8fff", handle: "#14161b" },
};

const INK_WIDTH: Readonly<Record<SizeName, number>> = { s: 5, m: 9, l: 17 };
/** A highlighter is this much wider than the pen. */
const HIGHLIGHT_TIMES = 2.2;
const LINE_WIDTH: Readonly<Record<SizeName, number>> = { s: 2, m: 3.5, l: 6 };
const FONT_PIXELS: Readonly<Record<SizeName, number>> = { s: 18, m: 28, l: 44 };

export const FONT_FAMILY = '"Inter", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "DejaVu Sans", sans-serif';
export const LINE_HEIGHT = 1.3;
/** Room between the edge of a note and its words, in world units. */
export const NOTE_PADDING = 16;

/** Width of what is drawn along the outline, in world units. */
export function strokeWidth(shape: {
  readonly type: string;
  readonly size: SizeName;
  readonly highlight?: boolean;
}): number {
  if (shape.type === "text" || shape.type === "note") return 0;
  if (shape.type !== "pen") return LINE_WIDTH[shape.size];
  return shape.highlight ? INK_WIDTH[shape.size] * HIGHLIGHT_TIMES : INK_WIDTH[shape.size];
}

/** Height of the letters of a text or a note, in world units. */
export function fontPixels({ size, scale = 1 }: { readonly size: SizeName; readonly scale?: number }): number {
  return FONT_PIXELS[size] * scale;
}
