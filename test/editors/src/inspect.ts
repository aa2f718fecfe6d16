import * as Y from "yjs";

/** What tests put beside an example: its own Yjs, to look into the document and to write past the editor. */
const inspect = {
  /** The page's document as bytes that another Yjs can read. */
  updateOf: (doc: Y.Doc): number[] => [...Y.encodeStateAsUpdate(doc)],

  /** Writes as a hostile reader would, in the shape that the editor takes for its own. */
  forge(doc: Y.Doc, words: string): void {
    doc.transact(() => {
      for (const type of doc.share.values()) forgeInto(type, words);
    });
  },
};

function forgeInto(type: unknown, words: string): void {
  if (type instanceof Y.XmlText && type.parent === null) {
    // Lexical: a paragraph is a text in the root text, and a map in it begins a piece of text.
    const paragraph = new Y.XmlText();
    const piece = { __type: "text", __format: 0, __mode: 0, __detail: 0, __style: "" };
    type.insertEmbed(0, paragraph);
    paragraph.setAttribute("__type", "paragraph");
    paragraph.insertEmbed(0, new Y.Map(Object.entries(piece)));
    paragraph.insert(1, words);
  } else if (type instanceof Y.Text) {
    type.insert(0, words);
  } else if (type instanceof Y.XmlFragment) {
    forgeInto(type.firstChild, words);
  }
}

declare global {
  interface Window {
    inspect?: typeof inspect;
  }
}

window.inspect = inspect;
