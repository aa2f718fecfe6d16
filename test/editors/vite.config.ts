import { resolve } from "node:path";
import { defaultClientConditions, defineConfig } from "vite";

const editors = ["tiptap", "codemirror", "monaco", "lexical", "quill", "blocknote", "textarea"] as const;
const root = resolve(import.meta.dirname, "src");

/** Every example as it would be shipped; in mode `strict` those of React with its development half, which mounts twice. */
export default defineConfig(({ mode }) => {
  const strict = mode === "strict";
  process.env["NODE_ENV"] = strict ? "development" : "production";
  const pages = editors.filter((name) => !strict || name === "lexical" || name === "blocknote");
  return {
    root,
    base: strict ? "/strict/" : "/",
    // The packages of this workspace are read from their sources, so the pages need no build of theirs.
    resolve: {
      conditions: ["y-webpubsub-source", ...defaultClientConditions],
      // y-monaco imports a path that monaco-editor exports no more; docs/editors/monaco.md tells it too.
      alias: { "monaco-editor/esm/vs/editor/editor.api.js": "monaco-editor" },
    },
    build: {
      outDir: resolve(import.meta.dirname, strict ? "dist/strict" : "dist"),
      // One lies in the other; the tests empty it before they build both.
      emptyOutDir: false,
      target: "es2022",
      minify: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 20_000,
      rolldownOptions: {
        input: {
          ...Object.fromEntries(pages.map((name) => [name, resolve(root, name, "index.html")])),
          inspect: resolve(root, "inspect.ts"),
        },
        // Tests put it into the page by this name, where it meets the page's own Yjs.
        output: { entryFileNames: ({ name }) => (name === "inspect" ? "inspect.js" : "assets/[name]-[hash].js") },
      },
    },
  };
});
