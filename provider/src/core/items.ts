import * as Y from "yjs";

export function* everyItem(doc: Y.Doc): Iterable<Y.Item> {
  for (const structs of doc.store.clients.values()) {
    for (const struct of structs) if (struct instanceof Y.Item) yield struct;
  }
}

/** The item whose type an item lies in; null: it lies in a root. */
export function parentOf({ parent }: Y.Item): Y.ID | null {
  return parent instanceof Y.AbstractType ? (parent._item?.id ?? null) : null;
}
