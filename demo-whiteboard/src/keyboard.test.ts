import { describe, expect, test } from "vitest";
import { TOOL_KEYS } from "./keyboard.ts";
import { SHORTCUTS } from "./shortcuts.ts";
import { TOOL_NAMES } from "./tools/tool.ts";

describe("keys", () => {
  test("no two tools share one", () => {
    expect(new Set(Object.values(TOOL_KEYS)).size).toBe(TOOL_NAMES.length);
  });

  test("the sheet names each thing once, and every tool", () => {
    const names = SHORTCUTS.flatMap((group) => group.shortcuts.map((shortcut) => shortcut.does));
    expect(new Set(names).size).toBe(names.length);
    expect(SHORTCUTS[0]?.shortcuts.map((shortcut) => shortcut.keys)).toEqual(
      TOOL_NAMES.map((name) => [[TOOL_KEYS[name]]]),
    );
  });
});
