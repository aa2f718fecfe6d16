import "fake-indexeddb/auto";
import { afterEach, describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import type { CopyPlace, LocalCopy } from "../persistence.ts";
import { indexedDbPersistence } from "./persistence.ts";

/** A document of its own for each test: the databases of all tests lie side by side. */
let document = 0;
function place(): CopyPlace {
  document++;
  return { server: "http://localhost/collab", document: `doc ${document}` };
}

describe("copies in IndexedDB", () => {
  const open: LocalCopy[] = [];
  const problems: string[] = [];
  const persistence = indexedDbPersistence();
  afterEach(async () => {
    await Promise.all(open.splice(0).map((copy) => copy.close()));
    problems.length = 0;
    vi.restoreAllMocks();
  });

  function copyOf(where: CopyPlace, doc: Y.Doc = new Y.Doc(), from = persistence) {
    const copy = from.open(where, doc, (problem) => problems.push(problem));
    open.push(copy);
    return { copy, doc, text: doc.getText("t") };
  }

  test("CN9 content and identity are there on the next visit, under an origin of the copy's own", async () => {
    const where = place();
    const first = copyOf(where);
    expect(await first.copy.loaded).toBeNull();
    first.text.insert(0, "kept");
    first.copy.identify({ generation: 3, userId: "ada" });
    // Written when a later reader sees it: IndexedDB orders what it is told.
    await vi.waitFor(async () => {
      const again = copyOf(where);
      expect(await again.copy.loaded).toEqual({ generation: 3, userId: "ada" });
      expect(again.text.toString()).toBe("kept");
    });
    const origins: unknown[] = [];
    const doc = new Y.Doc();
    doc.on("update", (_update: Uint8Array, origin: unknown) => origins.push(origin));
    const last = copyOf(where, doc);
    await last.copy.loaded;
    expect(origins.map((origin) => last.copy.isOrigin(origin))).toEqual([true]);
    expect(first.copy.isOrigin(origins[0])).toBe(false);
    expect(problems).toEqual([]);
  });

  test("what was in the document before, and what comes while the copy opens, is kept too", async () => {
    const where = place();
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "early ");
    const { copy, text } = copyOf(where, doc);
    text.insert(6, "typed");
    await copy.loaded;
    await copy.close();
    const again = copyOf(where);
    await again.copy.loaded;
    expect(again.text.toString()).toBe("early typed");
  });

  test("CN9 a copy that is set aside is not loaded again, and is there for export", async () => {
    const where = place();
    const first = copyOf(where);
    await first.copy.loaded;
    first.text.insert(0, "of the old generation");
    first.copy.identify({ generation: 1, userId: "ada" });
    await first.copy.setAside();
    const next = copyOf(where);
    await next.copy.loaded;
    expect(next.text.toString()).toBe("");
    next.text.insert(0, "new");
    await next.copy.close();
    const [orphan, ...others] = await persistence.orphans(where);
    expect(others).toEqual([]);
    expect(orphan?.identity).toEqual({ generation: 1, userId: "ada" });
    const exported = new Y.Doc();
    Y.applyUpdate(exported, orphan?.update ?? new Uint8Array());
    expect(exported.getText("t").toString()).toBe("of the old generation");
  });

  test("CN9 two tabs that set the same copy aside leave one orphan, and name only what is theirs", async () => {
    const where = place();
    const [left, right] = [copyOf(where), copyOf(where)];
    await Promise.all([left.copy.loaded, right.copy.loaded]);
    left.text.insert(0, "shared");
    await left.copy.setAside();
    right.copy.identify({ generation: 9, userId: "eve" });
    await right.copy.setAside();
    expect(await persistence.orphans(where)).toHaveLength(1);
    const next = copyOf(where);
    expect(await next.copy.loaded).toBeNull();
  });

  test("copies of other servers, documents and scopes are other copies", async () => {
    const where = place();
    const first = copyOf(where);
    await first.copy.loaded;
    first.text.insert(0, "mine");
    await first.copy.close();
    const others = [
      copyOf({ ...where, server: "http://elsewhere/collab" }),
      copyOf({ ...where, document: `${where.document}#1` }),
      copyOf(where, new Y.Doc(), indexedDbPersistence({ scope: "bob" })),
    ];
    for (const { copy, text } of others) {
      await copy.loaded;
      expect(text.toString()).toBe("");
    }
  });

  test("clearData removes the copy and its orphans, though it is open in this page", async () => {
    const where = place();
    const first = copyOf(where);
    await first.copy.loaded;
    first.text.insert(0, "gone");
    await first.copy.setAside();
    const second = copyOf(where);
    await second.copy.loaded;
    second.text.insert(0, "gone too");
    await persistence.clearData(where);
    second.text.insert(0, "not written any more ");
    expect(await persistence.orphans(where)).toEqual([]);
    const last = copyOf(where);
    expect(await last.copy.loaded).toBeNull();
    expect(last.text.toString()).toBe("");
  });

  test("a full device is told once, and the document goes on", async () => {
    const where = place();
    const { copy, text } = copyOf(where);
    await copy.loaded;
    const put = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(function (this: IDBObjectStore) {
      // What a browser does when the disk is full: the transaction ends with this error.
      const full = new DOMException("full", "QuotaExceededError");
      Object.defineProperty(this.transaction, "error", { value: full });
      this.transaction.abort();
      return {} as IDBRequest<IDBValidKey>;
    });
    text.insert(0, "a");
    text.insert(0, "b");
    await vi.waitFor(() => expect(problems).toEqual(["quota-exceeded"]));
    put.mockRestore();
    expect(text.toString()).toBe("ba");
  });

  /** The next write meets a connection that the browser has ended. */
  function endConnection(): void {
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementationOnce(() => {
      throw new DOMException("The database connection is closing.", "InvalidStateError");
    });
  }

  test("a connection that the browser ends fails no edit, and is opened anew with all that was typed", async () => {
    const where = place();
    const { copy, text } = copyOf(where);
    await copy.loaded;
    copy.identify({ generation: 3, userId: "ada" });
    const now = vi.spyOn(performance, "now");
    now.mockReturnValue(performance.now() + 10_001);
    endConnection();
    text.insert(0, "a");
    text.insert(1, "b");
    await vi.waitFor(async () => {
      const again = copyOf(where);
      expect(await again.copy.loaded).toEqual({ generation: 3, userId: "ada" });
      expect(again.text.toString()).toBe("ab");
    });
    expect(problems).toEqual([]);
    // Ended again at once: the browser means it.
    endConnection();
    text.insert(2, "c");
    text.insert(3, "d");
    expect(problems).toEqual(["write-failed"]);
    expect(text.toString()).toBe("abcd");
  });

  test("a copy that another page removes is not made anew, which is told", async () => {
    const where = place();
    const { copy, text } = copyOf(where);
    await copy.loaded;
    text.insert(0, "a");
    await indexedDbPersistence().clearData(where);
    text.insert(0, "b");
    expect(problems).toEqual(["write-failed"]);
    const again = copyOf(where);
    expect(await again.copy.loaded).toBeNull();
    expect(again.text.toString()).toBe("");
  });

  test("without IndexedDB there is no copy, which is told, and nothing waits for it", async () => {
    const refuse = vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("not here", "SecurityError");
    });
    const { copy, text } = copyOf(place());
    expect(await copy.loaded).toBeNull();
    refuse.mockRestore();
    expect(problems).toEqual(["unavailable"]);
    text.insert(0, "in memory");
    await copy.setAside();
    await copy.close();
  });
});
