import * as Y from "yjs";

/** The same content in a document with a client id of its own. */
export function cloneOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}
