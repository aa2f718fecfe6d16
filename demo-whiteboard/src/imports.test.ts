import { describe, expect, test } from "vitest";

const files = import.meta.glob<string>(["./**/*.ts", "./**/*.tsx", "!./**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Value imports of a file; types cost nothing and bind nothing at run time. */
function importsOf(source: string): readonly string[] {
  return [...source.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)"/gm)].map((match) => match[1] ?? "");
}

function importers(wanted: RegExp): readonly string[] {
  return Object.entries(files)
    .filter(([, source]) => importsOf(source).some((name) => wanted.test(name)))
    .map(([path]) => path);
}

describe("import directions", () => {
  test("the rule sees the files it judges", () => {
    expect(Object.keys(files).length).toBeGreaterThan(30);
    expect(importers(/^yjs$/)).toContain("./model/board.ts");
    expect(importers(/^react$/)).toContain("./ui/Whiteboard.tsx");
  });

  test("only model/ and session.ts import yjs", () => {
    expect(importers(/^yjs/).filter((path) => !path.startsWith("./model/") && path !== "./session.ts")).toEqual([]);
  });

  test("only ui/ and main.tsx import React", () => {
    expect(importers(/^react/).filter((path) => !path.startsWith("./ui/") && path !== "./main.tsx")).toEqual([]);
  });

  test("only session.ts knows the provider", () => {
    expect(importers(/^y-webpubsub/)).toEqual(["./session.ts"]);
  });

  test("canvas/ imports itself, limits and perfect-freehand: no document, no tools, no page", () => {
    const allowed = /^\.\/|^\.\.\/limits\.ts$|^perfect-freehand$/;
    for (const [path, source] of Object.entries(files)) {
      if (path.startsWith("./canvas/"))
        expect(
          importsOf(source).filter((name) => !allowed.test(name)),
          path,
        ).toEqual([]);
    }
  });

  test("no file is longer than 300 lines", () => {
    for (const [path, source] of Object.entries(files))
      expect(source.split("\n").length, path).toBeLessThanOrEqual(301);
  });
});
