import type { ColorName, SizeName } from "../model/schema.ts";

export type Theme = "light" | "dark";

interface Ink {
  readonly stroke: string;
  readonly soft: string;
}

/** Each colour of the palette on both themes. Documents hold names, never colour strings. */
export const PALETTE: Readonly<Record<Theme, Readonly<Record<ColorName, Ink>>>> = {
  light: {
    black: { stroke: "#1f2430", soft: "#eceef2" },
    grey: { stroke: "#7c8596", soft: "#f0f2f5" },
    blue: { stroke: "#2f6fed", soft: "#dfeafd" },
    green: { stroke: "#16935a", soft: "#d9f3e5" },
    yellow: { stroke: "#c98a04", soft: "#fdf2c8" },
    orange: { stroke: "#e2620e", soft: "#fee6d3" },
    red: { stroke: "#dc3545", soft: "#fde0e3" },
    violet: { stroke: "#7c4ddb", soft: "#ebe3fc" },
  },
  dark: {
    black: { stroke: "#f1f3f7", soft: "#343a47" },
    grey: { stroke: "#98a2b3", soft: "#2b303b" },
    blue: { stroke: "#6ea2ff", soft: "#1e315c" },
    green: { stroke: "#4ccf93", soft: "#173d2e" },
    yellow: { stroke: "#f0c14b", soft: "#423515" },
    orange: { stroke: "#ff9a57", soft: "#4a2b17" },
    red: { stroke: "#ff7b86", soft: "#4b222a" },
    violet: { stroke: "#ae8cff", soft: "#352a5c" },
  },
};

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
const LINE_WIDTH: Readonly<Record<SizeName, number>> = { s: 2, m: 3.5, l: 6 };
const FONT_PIXELS: Readonly<Record<SizeName, number>> = { s: 18, m: 28, l: 44 };

export const FONT_FAMILY = '"Inter", "Segoe UI", system-ui, -apple-system, "Helvetica Neue", "DejaVu Sans", sans-serif';
export const LINE_HEIGHT = 1.3;

/** Width of what is drawn along the outline, in world units. */
export function strokeWidth(shape: { readonly type: string; readonly size: SizeName }): number {
  if (shape.type === "text") return 0;
  return shape.type === "pen" ? INK_WIDTH[shape.size] : LINE_WIDTH[shape.size];
}

export function fontPixels(size: SizeName): number {
  return FONT_PIXELS[size];
}
