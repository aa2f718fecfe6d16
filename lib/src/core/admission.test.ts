import { beforeEach, describe, expect, test } from "vitest";
import { type UploadBatch, type UserId, uploadLimits } from "y-webpubsub/core";
import * as Y from "yjs";
import { logLimits } from "./limits.ts";
import { Author, ada, board, eve, LogUnderTest } from "./testing/log-under-test.ts";

/** Ada, client 1, has uploaded "hello" as upload 1 of session s. */
describe("admission", () => {
  let it: LogUnderTest;
  let author: Author;
  beforeEach(async () => {
    it = new LogUnderTest();
    await it.store.open();
    author = new Author("s", 1).type("hello");
    expect((await it.append(author.upload())).outcome).toBe("receipt");
  });

  async function entries(): Promise<number> {
    return (await it.store.load(board))?.entries.length ?? 0;
  }

  const next = (fields: Partial<UploadBatch> = {}) => author.type("!").upload(fields);
  const table: readonly (readonly [string, () => [UploadBatch, UserId?, number?], object])[] = [
    ["DU2 other bytes under a used number", () => [next({ upload: 1 })], { outcome: "upload-conflict" }],
    ["DU2 an older number", () => [next({ upload: 0 })], { outcome: "upload-stale" }],
    ["ID11 a session of another user", () => [next(), eve], { outcome: "session-taken" }],
    ["another generation", () => [next(), ada, 2], { outcome: "generation-changed", generation: 1 }],
    ["DU9 no update", () => [next({ update: new Uint8Array() })], { outcome: "update-invalid" }],
    ["DU9 a truncated update", () => [truncated(next())], { outcome: "update-invalid" }],
    ["DU9 trailing bytes", () => [next({ update: Uint8Array.of(0, 0, 0) })], { outcome: "update-invalid" }],
    [
      "DU9 an update over the limit",
      () => [next({ update: new Uint8Array(uploadLimits.bytesMax + 1) })],
      { outcome: "update-invalid", problem: "update-too-large" },
    ],
    [
      "DU9 a varint that never ends",
      () => [next({ update: new Uint8Array(152).fill(255) })],
      { outcome: "update-invalid" },
    ],
    [
      "DU7 structs after a hole",
      () => [without("hole")],
      { outcome: "missing", ranges: [{ client: 9, clock: 0, length: 4 }] },
    ],
    [
      "DU7 a deletion of the unknown",
      () => [next({ update: Uint8Array.of(0, 1, 9, 1, 0, 3) })],
      { outcome: "missing", ranges: [{ client: 9, clock: 0, length: 3 }] },
    ],
    ["DU8 structs of another's client id", () => [foreign("continues"), eve], { outcome: "foreign-client" }],
    ["DU8 adoption while the owner is active", () => [foreign("adopts"), eve], { outcome: "owner-active" }],
    ["DU8 garbage in another's place", () => [foreign("erases"), eve], { outcome: "foreign-client" }],
  ];

  test.each(table)("%s is refused, and nothing is stored", async (_name, make, expected) => {
    const [batch, userId, generation] = make();
    expect(await it.append(batch, userId, generation)).toMatchObject(expected);
    expect(await entries()).toBe(1);
    expect(it.signed).toHaveLength(1);
  });

  test("DU8 another user may repeat what is known, and delete it", async () => {
    const other = new Author("t", 2);
    Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(author.doc));
    other.doc.getText("t").delete(0, 1);
    expect((await it.append(other.upload(), eve)).outcome).toBe("receipt");
  });

  test("DU8 structs that continue a silent user's clock may be adopted", async () => {
    it.clock.advance(logLimits.silentMs + 1);
    expect((await it.append(foreign("erases"), eve)).outcome).toBe("foreign-client");
    const skipping = foreign("adopts", Uint8Array.of(1, 1, 1, 5, 10, 3, 0));
    expect(await it.append(skipping, eve)).toMatchObject({ outcome: "update-invalid", problem: "skip-struct" });
    expect((await it.append(foreign("adopts"), eve)).outcome).toBe("receipt");
    const adopted = (await it.store.load(board))?.entries[1];
    expect(adopted).toMatchObject({ userId: eve, owners: [{ client: 1, userId: ada }] });
  });

  test("DU8 a user who negotiates is not silent", async () => {
    it.clock.advance(logLimits.silentMs + 1);
    await it.log.negotiate(ada, [], true);
    expect((await it.append(foreign("adopts"), eve)).outcome).toBe("owner-active");
  });

  /** Of client 9, without its first four characters. */
  function without(_what: "hole"): UploadBatch {
    const other = new Author("t", 9).type("four");
    other.upload();
    return other.type("more").upload({ upload: 1, seqTo: 1 });
  }

  /** Eve's session uploads structs of Ada's client id. */
  function foreign(how: "continues" | "adopts" | "erases", update?: Uint8Array): UploadBatch {
    const copy = new Author("e", 2);
    Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(author.doc));
    copy.doc.clientID = 1;
    copy.upload();
    const fields = { upload: 1, seqTo: 1, adoption: how === "adopts" };
    // One GC struct of length 3 at client 1, clock 5.
    if (how === "erases") return copy.upload({ ...fields, update: Uint8Array.of(1, 1, 1, 5, 0, 3, 0) });
    if (update) return copy.upload({ ...fields, update });
    return copy.type(" again").upload(fields);
  }
});

function truncated(batch: UploadBatch): UploadBatch {
  return { ...batch, update: batch.update.subarray(0, -1) };
}
