import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DocumentId, SessionId, UserId } from "y-webpubsub/core";
import { sha256 } from "y-webpubsub/core";
import type { NewEntry } from "../core/document-store.ts";
import { LevelStore } from "./level.ts";
import { type LevelDatabase, LevelTable } from "./level-table.ts";
import { RecordStore } from "./record-store.ts";
import { Writer } from "./writer.ts";

const document = "a document" as DocumentId;
const format = { keyEncoding: "utf8", valueEncoding: "view" } as const;

function entryOf(session: string): NewEntry {
  const update = Buffer.from(session);
  const [userId, hash] = ["alice" as UserId, sha256(update)];
  return { session: session as SessionId, userId, upload: 1, seqTo: 1, hash, owners: [], atMs: 0, update };
}

/** What the disk does to a batch: LevelDB writes it, or refuses it, and then refuses everything until it is opened anew. */
type Disk = "works" | "full" | "read-only" | "written-but-not-flushed" | "failing-and-read-only";

class FailingLevel extends ClassicLevel<string, Uint8Array> {
  readonly #disk: () => Disk;
  #stuck = false;

  constructor(path: string, disk: () => Disk) {
    super(path, format);
    this.#disk = disk;
  }

  /** What LevelDB's binding is called through. */
  async _batch(...given: readonly unknown[]): Promise<void> {
    const disk = this.#stuck ? "full" : this.#disk();
    this.#stuck ||= disk !== "works";
    if (disk === "full") throw ioError("No space left on device");
    if (disk === "read-only") throw ioError("store/000003.log: Read-only file system");
    await Reflect.apply(Reflect.get(ClassicLevel.prototype, "_batch"), this, given);
    if (disk !== "works") throw ioError("Input/output error");
  }
}

function ioError(reason: string): Error {
  return Object.assign(new Error(`IO error: ${reason}`), { code: "LEVEL_IO_ERROR" });
}

let path = "";
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "y-webpubsub-level-"));
});
afterEach(() => rm(path, { recursive: true }));

async function raw<T>(work: (database: LevelDatabase) => Promise<T>): Promise<T> {
  const database = new ClassicLevel<string, Uint8Array>(path, format);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

describe("a disk that fails", () => {
  let disk: Disk = "works";
  let opened = 0;
  let mayOpen = true;
  let store: RecordStore;

  beforeEach(async () => {
    [disk, opened, mayOpen] = ["works", 0, true];
    const database = (at: string) => {
      opened += 1;
      return new FailingLevel(mayOpen ? at : join(at, "CURRENT", "not-a-directory"), () => disk);
    };
    const readOnly = async () => disk.includes("read-only");
    const table = new LevelTable({ path, database, readOnly });
    store = new RecordStore(table, new Writer(table), { shared: false, now: () => 0 });
    await store.open();
  });
  afterEach(() => store.close());

  async function stored(): Promise<readonly string[] | undefined> {
    return (await store.load(document))?.entries.map(({ session }) => session);
  }

  test("a full disk refuses every waiting upload as full, and works again when there is space", async () => {
    await store.append(document, 1, entryOf("before"));
    disk = "full";
    const refused = ["one", "two", "three"].map((session) => store.append(document, 1, entryOf(session)));
    for (const { status, reason } of await outcomes(refused)) {
      expect(status).toBe("rejected");
      expect(reason).toMatchObject({ name: "StoreError", code: "full" });
    }
    expect(await stored()).toEqual(["before"]);
    disk = "works";
    expect(await store.append(document, 1, entryOf("after"))).toMatchObject({ outcome: "stored" });
    expect(await stored()).toEqual(["before", "after"]);
    expect(opened).toBeGreaterThan(1);
  });

  test("DU3 a batch that is found in the log after a failed flush is stored, and answered so", async () => {
    disk = "written-but-not-flushed";
    const appending = store.append(document, 1, entryOf("lucky"));
    disk = "written-but-not-flushed";
    expect(await appending).toMatchObject({ outcome: "stored" });
    disk = "works";
    expect(await store.append(document, 1, entryOf("lucky"))).toMatchObject({ outcome: "duplicate" });
  });

  test("DU10 while the database cannot be opened anew, the outcome is unknown and nothing loads as empty", async () => {
    await store.append(document, 1, entryOf("before"));
    [disk, mayOpen] = ["full", false];
    await expect(store.append(document, 1, entryOf("during"))).rejects.toMatchObject({ code: "unknown-outcome" });
    await expect(store.load(document)).rejects.toMatchObject({ name: "StoreError" });
    await expect(store.append(document, 1, entryOf("during"))).rejects.toMatchObject({ code: "not-durable" });
    [disk, mayOpen] = ["works", true];
    expect(await store.append(document, 1, entryOf("during"))).toMatchObject({ outcome: "stored" });
    expect(await stored()).toEqual(["before", "during"]);
  });

  test("DU10 while the disk is read-only everything can be read, nothing is stored, and it works again by itself", async () => {
    await store.append(document, 1, entryOf("before"));
    [disk, mayOpen] = ["read-only", false];
    for (const session of ["one", "two"]) {
      const refused = store.append(document, 1, entryOf(session));
      await expect(refused).rejects.toMatchObject({
        code: "not-durable",
        message: expect.stringContaining("Mount the disk for writing"),
      });
      expect(await stored()).toEqual(["before"]);
    }
    expect(opened).toBe(1);
    [disk, mayOpen] = ["works", true];
    expect(await store.append(document, 1, entryOf("after"))).toMatchObject({ outcome: "stored" });
    expect(await stored()).toEqual(["before", "after"]);
  });

  test("DU3 what a disk took and became read-only over is not known, and found when it can be written again", async () => {
    disk = "failing-and-read-only";
    const appending = store.append(document, 1, entryOf("lucky"));
    await expect(appending).rejects.toMatchObject({ code: "unknown-outcome" });
    disk = "works";
    expect(await store.append(document, 1, entryOf("lucky"))).toMatchObject({ outcome: "duplicate" });
    expect(await stored()).toEqual(["lucky"]);
  });

  test("readers go on while the database is opened anew", async () => {
    await store.append(document, 1, entryOf("before"));
    disk = "full";
    const reading = Array.from({ length: 20 }, async () => {
      await Promise.allSettled([store.append(document, 1, entryOf("refused"))]);
      return stored();
    });
    for (const found of await Promise.all(reading)) expect(found).toEqual(["before"]);
  });
});

describe("a directory", () => {
  test("is refused while another store has it open, with the next step", async () => {
    const [first, second] = [new LevelStore({ path }), new LevelStore({ path })];
    await first.open();
    await expect(second.open()).rejects.toMatchObject({ code: "closed", message: expect.stringContaining("in use") });
    await expect(second.load(document)).rejects.toMatchObject({ code: "closed" });
    await first.close();
    await second.open();
    expect(await second.load(document)).toBeNull();
    await second.close();
  });

  test("of a newer version is refused and left as it is", async () => {
    const store = new LevelStore({ path });
    await store.open();
    await store.close();
    await raw((database) => database.put("!schema", Buffer.from("2")));
    await expect(store.open()).rejects.toMatchObject({ code: "closed", message: expect.stringContaining("version 2") });
    await raw((database) => database.put("!schema", Buffer.from("1")));
    await store.open();
    await store.close();
  });

  test("that cannot be made is an error that says why", async () => {
    const store = new LevelStore({ path: join("/dev/null", "store") });
    await expect(store.open()).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining("/dev/null"),
    });
  });
});

async function outcomes(work: readonly Promise<unknown>[]): Promise<readonly { status: string; reason?: unknown }[]> {
  return Promise.allSettled(work);
}
