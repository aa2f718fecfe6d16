import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { byteRows } from "./attack/byte-rows.ts";
import { render } from "./attack/render.ts";
import type { AttackRow, Proof } from "./attack/row.ts";
import { serverRows } from "./attack/server-rows.ts";

const root = resolve(import.meta.dirname, "..");
const page = resolve(root, "docs/reliability.md");
const rows = [...serverRows, ...byteRows];

/** Empty for a file that is not there. */
function read(path: string): string {
  try {
    return readFileSync(resolve(root, path), "utf8");
  } catch {
    return "";
  }
}

function lacking({ file, title, from }: Proof): readonly string[] {
  const lacks: string[] = [];
  if (!read(file).includes(title)) lacks.push(`${file}: ${title}`);
  if (from !== undefined && !read(from.file).includes(`"${from.name}"`)) lacks.push(`${from.file}: ${from.name}`);
  return lacks;
}

describe("the table of attacks", () => {
  test("every row is proved by tests that are there", () => {
    expect(rows.filter(({ proofs }) => proofs.length === 0)).toEqual([]);
    expect(rows.flatMap(({ proofs }) => proofs.flatMap(lacking))).toEqual([]);
  });

  test("no row stands twice, and none is left out", () => {
    const ids = (prefix: string, rows_: readonly AttackRow[]) => rows_.map((_row, at) => `${prefix}${at + 1}`);
    expect(serverRows.map(({ id }) => id)).toEqual(ids("H", serverRows));
    expect(byteRows.map(({ id }) => id)).toEqual(ids("B", byteRows));
    expect([serverRows.length, byteRows.length]).toEqual([20, 18]);
  });

  test.each([
    ["servers", serverRows],
    ["bytes", byteRows],
  ])("docs/reliability.md shows the rows of %s; WRITE_DOCS=1 writes them there", (name, shown) => {
    const [begin, end] = [`<!-- attacks: ${name} -->`, `<!-- end of attacks: ${name} -->`];
    const text = readFileSync(page, "utf8");
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    expect(from, begin).toBeGreaterThan(-1);
    expect(to, end).toBeGreaterThan(from);
    const wanted = `${text.slice(0, from)}${begin}\n\n${render(shown)}\n\n${text.slice(to)}`;
    if (process.env["WRITE_DOCS"] === "1") writeFileSync(page, wanted);
    expect(readFileSync(page, "utf8")).toBe(wanted);
  });
});

test("no source makes HTML of text: Yjs escapes nothing when XML types become strings", () => {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const sources = files
    .split("\n")
    .filter((path) => /^(provider|lib|service|demo-whiteboard)\/.*\.(ts|tsx|js|html)$/.test(path))
    .filter((path) => !/\.test\.tsx?$/.test(path));
  expect(sources.length).toBeGreaterThan(300);
  const makesHtml =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write\(|dangerouslySetInnerHTML|createContextualFragment/;
  expect(sources.filter((path) => makesHtml.test(read(path)))).toEqual([]);
});
