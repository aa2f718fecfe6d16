import * as Y from "yjs";

/** How a test finds its way in one of the examples. */
export interface EditorUnderTest {
  readonly name: string;
  /** What is clicked and typed into. */
  readonly place: string;
  /** There only when the editor takes input; null where the page does not show it. */
  readonly writable: string | null;
  /** Its lines, as elements; null for a textarea, whose value counts. */
  readonly lines: string | null;
  /** Elements among the lines that are not content: carets and their names. */
  readonly decorations: string | null;
  /** The elements that show the names of the others, as text or as content of `::after`. */
  readonly names: string;
  /** The document's text, read without the editor; a line for each block. */
  readonly textOf: (doc: Y.Doc) => string;
  readonly react: boolean;
  /** Offers completions while one types. */
  readonly completes?: true;
}

export const editors: readonly EditorUnderTest[] = [
  {
    name: "tiptap",
    place: ".ProseMirror",
    writable: ".ProseMirror[contenteditable=true]",
    lines: ".ProseMirror > p",
    decorations: ".collaboration-carets__caret",
    names: ".collaboration-carets__label",
    textOf: (doc) => linesOf(doc.getXmlFragment("default")).join("\n"),
    react: false,
  },
  {
    name: "codemirror",
    place: ".cm-content",
    writable: ".cm-content[contenteditable=true]",
    lines: ".cm-line",
    decorations: ".cm-ySelectionCaret",
    names: ".cm-ySelectionInfo",
    textOf: (doc) => doc.getText("code").toString(),
    react: false,
    completes: true,
  },
  {
    name: "monaco",
    place: ".monaco-editor .view-lines",
    writable: null,
    lines: ".monaco-editor .view-line",
    decorations: null,
    names: ".yRemoteSelectionHead",
    textOf: (doc) => doc.getText("monaco").toString(),
    react: false,
    completes: true,
  },
  {
    name: "lexical",
    place: "[data-lexical-editor]",
    writable: "[data-lexical-editor][contenteditable=true]",
    lines: "[data-lexical-editor] > p",
    decorations: null,
    names: "body > div > span > span",
    textOf: (doc) => linesOf(doc.get("root", Y.XmlText)).join("\n"),
    react: true,
  },
  {
    name: "quill",
    place: ".ql-editor",
    writable: ".ql-editor[contenteditable=true]",
    lines: ".ql-editor > p",
    decorations: null,
    names: ".ql-cursor-name",
    textOf: (doc) => doc.getText("quill").toString(),
    react: false,
  },
  {
    name: "blocknote",
    place: ".bn-editor",
    writable: ".bn-editor[contenteditable=true]",
    lines: ".bn-inline-content",
    decorations: ".bn-collaboration-cursor__base",
    names: ".bn-collaboration-cursor__label",
    textOf: (doc) => linesOf(doc.getXmlFragment("blocks")).join("\n"),
    react: true,
  },
  {
    name: "textarea",
    place: "textarea",
    writable: "textarea:not([readonly])",
    lines: null,
    decorations: null,
    names: "#people li",
    textOf: (doc) => doc.getText("plain").toString(),
    react: false,
  },
];

/** Each text of a tree of shared types, in order. */
function linesOf(type: unknown): string[] {
  if (type instanceof Y.XmlText) {
    const parts = (type.toDelta() as { readonly insert: unknown }[]).map(({ insert }) => insert);
    const own = parts.filter((part) => typeof part === "string").join("");
    return [...(own === "" ? [] : [own]), ...parts.flatMap(linesOf)];
  }
  return type instanceof Y.XmlFragment ? type.toArray().flatMap(linesOf) : [];
}
