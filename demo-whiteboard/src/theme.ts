import { NAME_INK, PALETTE, type Theme } from "./canvas/palette.ts";
import { COLORS } from "./model/schema.ts";
import { recall, remember } from "./remembered.ts";
import type { Cancel, Store } from "./store.ts";

const KEY = "whiteboard.theme";

export type ThemeChoice = Theme | "auto";

/** Keeps the theme store and the board's element in step; with `auto` also the system's preference and the person's choice. */
export function attachTheme(store: Store<Theme>, element: HTMLElement, choice: ThemeChoice): Cancel {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = (): void => {
    store.set(choice !== "auto" ? choice : (storedTheme() ?? (system.matches ? "dark" : "light")));
  };
  const show = (): void => {
    const theme = store.get();
    const { dataset, style } = element;
    dataset["theme"] = theme;
    // One palette for canvas and page. Through the object model, which a strict Content-Security-Policy allows.
    for (const color of COLORS) {
      style.setProperty(`--ink-${color}`, PALETTE[theme][color].stroke);
      style.setProperty(`--note-${color}`, PALETTE[theme][color].note);
      style.setProperty(`--plate-${color}`, NAME_INK[theme][color].back);
    }
  };
  const stop = store.subscribe(show);
  system.addEventListener("change", follow);
  follow();
  show();
  return () => {
    stop();
    system.removeEventListener("change", follow);
  };
}

/** The person's own choice: it wins over the system from now on. */
export function storeTheme(store: Store<Theme>, theme: Theme): void {
  store.set(theme);
  remember(KEY, theme);
}

function storedTheme(): Theme | null {
  const stored = recall(KEY);
  return stored === "light" || stored === "dark" ? stored : null;
}
