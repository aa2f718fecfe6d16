import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Service, startService } from "webpubsub-local";
import { createCollabServer } from "y-webpubsub-server";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { Run } from "../support/server-command.ts";

/** The commands for documents, each as a process over a store on disk. */
describe("y-webpubsub-server for documents", () => {
  let directory: string;
  let service: Service;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "tools-"));
    service = await startService({ port: 0, accessKey: "a key of at least thirty-two bytes for tests" });
  });
  afterEach(async () => {
    await service.close();
    await rm(directory, { recursive: true });
  });

  /** Opens the store in this process; nobody else may have it open meanwhile. */
  async function within<T>(
    store: string,
    use: (collab: ReturnType<typeof createCollabServer>) => Promise<T>,
  ): Promise<T> {
    const collab = createCollabServer({
      connectionString: service.connectionString,
      storage: new LevelStore({ path: join(directory, store) }),
      authorize: () => null,
    });
    try {
      return await use(collab);
    } finally {
      await collab.close();
    }
  }
  const write = (id: string, text: string) =>
    within("store", (collab) => collab.document(id).transact((doc) => doc.getText("t").insert(0, text)));
  const readIn = (store: string, id: string) =>
    within(store, (collab) => collab.document(id).read((doc) => doc.getText("t").toString()));
  async function done(args: readonly string[], store = "store") {
    const run = new Run(args, {
      WEBPUBSUB_CONNECTION_STRING: service.connectionString,
      Y_WEBPUBSUB_STORE: `level:${join(directory, store)}`,
    });
    return { code: await run.ended, out: run.out, err: run.err };
  }

  test("export and import carry every document with its versions to another store", async () => {
    const ids = ["one", "../two", "three \u{1f642}"];
    for (const id of ids) await write(id, `text of ${id}`);
    await within("store", (collab) => collab.document("one").createVersion("the first"));
    const out = join(directory, "backup");
    const exported = await done(["export", "--all", "--out", out]);
    expect([exported.code, exported.err]).toEqual([0, expect.stringContaining("exported 3 of 3")]);
    expect(await readdir(out)).toHaveLength(3);
    const imported = await done(["import", "--in", out], "other");
    expect([imported.code, imported.err]).toEqual([0, expect.stringContaining("imported 3 of 3")]);
    for (const id of ids) expect(await readIn("other", id)).toBe(`text of ${id}`);
    const versions = await done(["versions", "one", "--json"], "other");
    expect(JSON.parse(versions.out)).toMatchObject([{ kind: "named", label: "the first" }]);
    const again = await done(["import", "--in", out, "--quiet"], "other");
    expect([again.code, again.err]).toEqual([0, expect.stringContaining("3 left as they are")]);
    const [name = ""] = await readdir(out);
    const bytes = await readFile(join(out, name));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(join(out, name), bytes);
    const damaged = await done(["import", "--in", join(out, name)], "third");
    expect([damaged.code, damaged.err]).toEqual([1, expect.stringContaining(name)]);
    expect((await done(["import", "--in", directory], "third")).err).toContain("There is no .ywpsbackup file");
    expect((await done(["export", "nothing", "--out", join(directory, "x")])).code).toBe(1);
    expect(await readdir(directory)).not.toContain("x.partial");
  });

  test("versions are listed, and one is restored as an edit on top of what is there", async () => {
    await write("board", "before");
    await within("store", (collab) => collab.document("board").createVersion("good\u001b[31m"));
    await write("board", "spoiled ");
    const listed = await done(["versions", "board"]);
    const lines = listed.out.trim().split("\n");
    const named = lines.find((line) => line.includes("good?[31m"));
    expect(named).toMatch(/^[\w-]+ {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}named/);
    const version = named?.split(" ")[0] ?? "";
    const restored = await done(["restore", "board", "--version", version]);
    expect([restored.code, restored.out]).toEqual([0, expect.stringContaining("Restored.")]);
    expect(await readIn("store", "board")).toBe("before");
    expect((await done(["restore", "board", "--version", version])).out).toContain("Nothing was different.");
    const unknown = await done(["restore", "board", "--version", "nothing"]);
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("List the versions")]);
    const none = await done(["restore", "board"]);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("--version is missing")]);
  });

  test("compact folds the log and keeps the content; delete asks for --yes and is for good", async () => {
    for (const text of ["a", "b", "c"]) await write("board", text);
    const compacted = await done(["compact", "--all"]);
    expect([compacted.code, compacted.err]).toEqual([0, expect.stringContaining("compacted 1 of 1")]);
    expect(await readIn("store", "board")).toBe("cba");
    const asked = await done(["delete", "board"]);
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining("--yes")]);
    expect(await readIn("store", "board")).toBe("cba");
    expect((await done(["delete", "board", "--yes"])).code).toBe(0);
    expect(await readIn("store", "board")).toBe("");
    const nothing = await done(["delete", "never", "--yes"]);
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining("There is no such document")]);
  });
});
