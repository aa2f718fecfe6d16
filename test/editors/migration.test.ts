import { expect, test } from "vitest";
import { startService } from "webpubsub-local";
import { createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import * as Y from "yjs";

/** What y-websocket or Hocuspocus has stored of a document that several people wrote, deletions included. */
function storedElsewhere(): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("notes").insert(0, "one two three");
  for (const words of ["first ", "second ", "third "]) {
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    other.getText("notes").insert(4, words);
    other.getText("notes").delete(0, 2);
    other.getMap("meta").set("by", words);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  }
  return Y.encodeStateAsUpdate(doc);
}

test("a stored document is imported as the migration pages say: once, with all its content", async () => {
  const service = await startService({ port: 0 });
  const collab = createCollabServer({
    connectionString: service.connectionString,
    storage: new MemoryStore(),
    authorize: () => null,
  });
  try {
    const update = storedElsewhere();
    const expected = new Y.Doc();
    Y.applyUpdate(expected, update);
    expected.getText("notes");
    expected.getMap("meta");
    const fill = (doc: Y.Doc) => Y.applyUpdate(doc, update);
    expect(await collab.document("notes").seed(fill)).toBe(true);
    expect(await collab.document("notes").seed(fill)).toBe(false);
    await collab.document("notes").read((doc) => {
      expect(doc.getText("notes").toString()).toBe(expected.getText("notes").toString());
      expect(doc.getMap("meta").toJSON()).toEqual(expected.getMap("meta").toJSON());
      expect(Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(expected))).toBe(true);
    });
  } finally {
    await collab.close();
    await service.close();
  }
});
