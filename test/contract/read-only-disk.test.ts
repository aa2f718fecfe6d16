import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import { LoopDisk, noFailingDisk } from "../crash/loop-disk.ts";
import { appendMany, documentId, entryOf, expectProblem, readAll } from "./fixtures.ts";

const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;";
const documents = [documentId("one"), documentId("two")];

/** Never silently: what this machine cannot do is said. */
const impossible = noFailingDisk();
if (impossible !== null) console.warn(`Not run: a disk that goes read-only, because ${impossible}.`);

describe.skipIf(impossible !== null)("a disk that goes read-only under LevelStore", () => {
  let directory: string;
  let disk: LoopDisk;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "y-webpubsub-read-only-"));
    disk = new LoopDisk(directory, 24);
  });
  afterEach(() => {
    disk.remove();
    rmSync(directory, { recursive: true });
  });

  test("DU10 everything stays readable, nothing is stored, the server is not ready; mounted again all is as it was", {
    timeout: 60_000,
  }, async () => {
    const path = join(disk.path, "store");
    const store = new LevelStore({ path });
    await store.open();
    for (const document of documents) await appendMany(store, document, "s", 3);
    const authorize = () => ({ userId: "ada", role: "writer" }) as const;
    const collab = createCollabServer({ connectionString, storage: store, authorize, log: () => undefined });
    expect((await collab.health()).parts.store).toBe("ok");

    disk.failReadOnly();
    for (const document of documents) {
      await expectProblem(store.append(document, 1, entryOf("s", 4)), "not-durable");
      expect(await readAll(store, document)).toHaveLength(3);
    }
    // Another server, because one looks at its parts every five seconds.
    const other = createCollabServer({ connectionString, storage: store, authorize, log: () => undefined });
    expect(await other.health()).toMatchObject({ ready: false, parts: { store: "failed", folder: "ok" } });
    await other.close();
    await collab.close();

    // Started on such a disk: refused with the next step, and no document is an empty one.
    const late = new LevelStore({ path });
    await expect(late.open()).rejects.toMatchObject({
      code: "not-durable",
      message: expect.stringContaining("its disk or folder is read-only. Mount the disk for writing"),
    });
    await expectProblem(late.load(documents[0] ?? documentId("one")), "closed");

    disk.unmount();
    disk.mount();
    await late.open();
    for (const document of documents) {
      expect(await readAll(late, document)).toHaveLength(3);
      expect(await late.append(document, 1, entryOf("s", 4))).toMatchObject({ outcome: "stored" });
    }
    await late.close();
  });

  test("control: a store in memory takes no notice of the disk, and the same look sees it", async () => {
    const store = new MemoryStore();
    await store.open();
    disk.failReadOnly();
    await expect(expectProblem(store.append(documentId("one"), 1, entryOf("s", 1)), "not-durable")).rejects.toThrow();
    await store.close();
  });
});
