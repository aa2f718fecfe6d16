import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && path !== "package-lock.json");
const sources = files.filter((path) => /\.(ts|tsx|js)$/.test(path));
const tests = sources.filter((path) => /\.test\.tsx?$/.test(path));

/** A file may be gone from the working tree and still be in the index. */
function read(path: string): string {
  try {
    return readFileSync(resolve(root, path), "utf8");
  } catch {
    return "";
  }
}

/** Every `path:line` whose line matches. */
function hits(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
  );
}

describe("the house is tidy", () => {
  test("no source file is longer than 300 lines", () => {
    expect(sources.filter((path) => read(path).split("\n").length > 301)).toEqual([]);
  });

  test("the pure cores use no randomness of their own", () => {
    expect(
      hits(
        sources.filter((path) => path.includes("/core/") && !tests.includes(path)),
        /Math\.random/,
      ),
    ).toEqual([]);
  });

  test("nothing is left open, focused, skipped or silenced", () => {
    const self = sources.filter((path) => path !== "test/tidy.test.ts");
    expect(hits(self, /\b(TODO|FIXME|HACK|XXX)\b/)).toEqual([]);
    expect(
      hits(
        tests.filter((path) => path !== "test/tidy.test.ts"),
        /\.(only|skip|todo)\(|\b[fx](it|test|describe)\(/,
      ),
    ).toEqual([]);
    expect(hits(self, /@ts-(ignore|expect-error|nocheck)/)).toEqual([]);
    expect(hits(self, /catch\s*(\(\w*\))?\s*\{\s*\}/)).toEqual([]);
  });

  test("no package registry and no path of one machine is named", () => {
    const texts = files.filter(
      (path) => /\.(ts|tsx|js|json|md|css|html|yml)$|\/run$/.test(path) && path !== "test/tidy.test.ts",
    );
    expect(hits(texts, /registry\.|npmjs|deb\.debian/)).toEqual([]);
    expect(hits(texts, /(^|[^\w/.])\/(work|farm|home\/\w+|root)\//)).toEqual([]);
  });

  test("only the service and the tests import the service; nobody imports a package's src from outside", () => {
    const outside = sources.filter(
      (path) => !path.startsWith("service/") && !path.startsWith("test/") && !path.startsWith("demo-whiteboard/"),
    );
    expect(hits(outside, /from "webpubsub-local/)).toEqual([]);
    const imports = /from "(\.\.\/)+(provider|lib|service|demo-whiteboard)\/src/;
    expect(hits(sources, imports)).toEqual([]);
  });

  test("every numbered rule of docs/protocol.md is named by a test", () => {
    const rules = [...read("docs/protocol.md").matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map((match) => match[1]);
    expect(rules.length).toBeGreaterThan(30);
    const named = new Set(
      tests.flatMap((path) => [...read(path).matchAll(/\b[A-Z]{2}\d+\b/g)].map((match) => match[0])),
    );
    expect(rules.filter((rule) => rule !== undefined && !named.has(rule))).toEqual([]);
  });
});
