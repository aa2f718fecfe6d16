import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { editors } from "./support/editors.ts";

const root = resolve(import.meta.dirname, "../..");
const pages = readdirSync(resolve(root, "docs/editors")).filter((name) => name.endsWith(".md"));

/** The files a page shows: each between `<!-- path -->` and `<!-- end -->`, in a fence of its own. */
function shownIn(page: string): readonly { readonly path: string; readonly text: string }[] {
  const markdown = readFileSync(resolve(root, "docs/editors", page), "utf8");
  const blocks = markdown.matchAll(/<!-- (test\/editors\/\S+) -->\n```\w+\n([\s\S]*?)```\n<!-- end -->/g);
  return [...blocks].map(([, path = "", text = ""]) => ({ path, text }));
}

describe("the docs show the very files that the tests run", () => {
  test("every example has a page, and no page is without one", () => {
    expect(pages.filter((name) => name !== "README.md").sort()).toEqual(editors.map(({ name }) => `${name}.md`).sort());
  });

  test.each(pages)("%s", (page) => {
    const shown = shownIn(page);
    for (const { path, text } of shown) expect(text, path).toBe(readFileSync(resolve(root, path), "utf8"));
    const paths = shown.map(({ path }) => path);
    if (page === "README.md") expect(paths).toEqual(["test/editors/server.ts"]);
    else expect(paths.sort()).toEqual(filesOf(page.replace(".md", "")));
  });
});

function filesOf(editor: string): string[] {
  const folder = `test/editors/src/${editor}`;
  return readdirSync(resolve(root, folder))
    .map((name) => `${folder}/${name}`)
    .sort();
}
