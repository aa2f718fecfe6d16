import { createHash, randomUUID } from "node:crypto";
import { ContainerClient, ContainerSASPermissions } from "@azure/storage-blob";
import { Client, Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportDocument, importDocument } from "y-webpubsub-server/core";
import { AzureBlobStore } from "y-webpubsub-server/storage/azure-blob";
import { type PostgresPool, PostgresStore } from "y-webpubsub-server/storage/postgres";
import { type Azurite, startAzurite } from "../support/azurite.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";
import { registerDamageContract } from "./damage-rules.ts";
import { registerStoreContract } from "./document-store.ts";
import { elementsOf, writeElements } from "./elements.ts";
import { appendMany, documentId, entryOf, expectProblem, readAll } from "./fixtures.ts";
import { azuritePlace, postgresPlace } from "./shared-places.ts";
import { registerSharedContract } from "./shared-rules.ts";
import { underTest } from "./under-test.ts";

const document = documentId("a document");

/** The lock of a document as the store numbers it. */
function lockNumber(schema: string, document: string): bigint {
  return createHash("sha256").update(`y-webpubsub ${schema} ${document}`).digest().readBigInt64BE();
}

let postgres: Postgres;
let azurite: Azurite;
beforeAll(async () => {
  // The first run on a machine installs Azurite.
  [postgres, azurite] = await Promise.all([startPostgres(), startAzurite()]);
}, 400_000);
afterAll(() => Promise.all([postgres?.stop(), azurite?.stop()]));

/** Every lock is given at once. */
function withoutLocks(pool: Pool): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect();
      const blind = (text: string) => text.replace(/pg_(try_)?advisory_xact_lock\(number\)/, "true");
      return {
        query: (config) => client.query({ ...config, text: blind(config.text) }),
        on: (event, listener) => client.on(event, listener),
        removeListener: (event, listener) => client.removeListener(event, listener),
        release: (destroy) => client.release(destroy),
      };
    },
    end: async () => undefined,
  };
}

registerStoreContract("PostgresStore", () => {
  const { connectionString, admin } = postgres;
  const schema = `test_${randomUUID()}`;
  return underTest(
    (now) => new PostgresStore({ connectionString, schema, now }),
    async () => {
      await admin.query(`DROP SCHEMA "${schema}" CASCADE`);
    },
  );
});
registerSharedContract("PostgresStore", () => postgresPlace(postgres));
registerDamageContract("PostgresStore", () => postgresPlace(postgres));

registerStoreContract("AzureBlobStore", () => {
  const { connectionString, admin } = azurite;
  const container = `test-${randomUUID()}`;
  return underTest(
    (now) => new AzureBlobStore({ connectionString, container, now }),
    async () => {
      await admin.deleteContainer(container);
    },
  );
});
registerSharedContract("AzureBlobStore", () => azuritePlace(azurite));
registerDamageContract("AzureBlobStore", () => azuritePlace(azurite));

describe("PostgresStore and its database", () => {
  test("a schema of a newer version is refused with the next step, and stays as it is", async () => {
    const place = postgresPlace(postgres);
    await place.open();
    await postgres.admin.query(`UPDATE "${place.schema}".format SET version = 999`);
    await expect(place.open()).rejects.toMatchObject({ code: "closed", message: expect.stringContaining("Update") });
    const { rows } = await postgres.admin.query(`SELECT version FROM "${place.schema}".format`);
    expect(rows).toEqual([{ version: 999 }]);
    await place.close();
  });

  test("a user who may only read reads; what it writes is certainly not stored", async () => {
    const place = postgresPlace(postgres);
    const store = await place.open();
    await appendMany(store, document, "s", 2);
    const reader = `reader_${randomUUID().slice(0, 8)}`;
    const { admin } = postgres;
    await admin.query(`CREATE ROLE ${reader} LOGIN`);
    await admin.query(`GRANT USAGE ON SCHEMA "${place.schema}" TO ${reader}`);
    await admin.query(`GRANT SELECT ON ALL TABLES IN SCHEMA "${place.schema}" TO ${reader}`);
    const connectionString = postgres.connectionString.replace(/\/\/[^@]*@/, `//${reader}@`);
    const reading = new PostgresStore({ connectionString, schema: place.schema });
    await reading.open();
    await expectProblem(reading.append(document, 1, entryOf("s", 3)), "not-durable");
    expect(await readAll(reading, document)).toHaveLength(2);
    await reading.close();
    await place.close();
    await admin.query(`DROP ROLE ${reader}`);
  });

  test("DU3 a database whose commits do not wait for the disk is made to, whatever its setting", async () => {
    const place = postgresPlace(postgres);
    const store = await place.open();
    const { admin } = postgres;
    await admin.query(`CREATE TABLE "${place.schema}".seen (setting text)`);
    await admin.query(`CREATE FUNCTION "${place.schema}".note() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO "${place.schema}".seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$`);
    await admin.query(`CREATE TRIGGER note BEFORE INSERT ON "${place.schema}".records
      FOR EACH STATEMENT EXECUTE FUNCTION "${place.schema}".note()`);
    const connectionString = `${postgres.connectionString}?options=-c%20synchronous_commit%3Doff`;
    const careless = new PostgresStore({ connectionString, schema: place.schema });
    await careless.open();
    await appendMany(careless, document, "s", 1);
    await appendMany(store, document, "t", 1);
    const { rows } = await admin.query(`SELECT DISTINCT setting FROM "${place.schema}".seen`);
    expect(rows).toEqual([{ setting: "on" }]);
    await careless.close();
    await place.close();
  });

  test("a server that stops in the middle of a transaction delays its documents only, and not for long", async () => {
    const place = postgresPlace(postgres);
    const store = await place.open();
    await appendMany(store, document, "s", 1);
    const { rows } = await postgres.admin.query<{ key: string }>(
      `SELECT key FROM "${place.schema}".records WHERE key LIKE 'h%'`,
    );
    // What a frozen server holds: the lock of its document, in a transaction that it does not end.
    const frozen = new Client({ connectionString: postgres.connectionString });
    const lost = new Promise<Error>((done) => frozen.on("error", done));
    await frozen.connect();
    await frozen.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 1500");
    const number = lockNumber(place.schema, rows[0]?.key.slice(1) ?? "");
    await frozen.query("SELECT pg_advisory_xact_lock($1::bigint)", [number.toString()]);
    const order: string[] = [];
    const held = store.append(document, 1, entryOf("s", 2)).then(() => order.push("the held document"));
    for (let upload = 1; upload <= 5; upload++) {
      await store.append(documentId("another"), 1, entryOf("s", upload));
    }
    order.push("five uploads to another");
    await lost;
    await held;
    expect(order).toEqual(["five uploads to another", "the held document"]);
    expect(await readAll(store, document)).toHaveLength(2);
    await place.close();
  });

  test("a pool of somebody else's is used and left open", async () => {
    const place = postgresPlace(postgres);
    await place.open();
    const pool = new Pool({ connectionString: postgres.connectionString, max: 6 });
    const store = new PostgresStore({ pool, schema: place.schema });
    await store.open();
    await appendMany(store, document, "s", 3);
    await store.close();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
    await place.close();
  });

  test("control: without the locks the rules above see receipts for entries that are not there", async () => {
    const place = postgresPlace(postgres);
    await place.open();
    const pool = new Pool({ connectionString: postgres.connectionString, max: 12 });
    const stores = [1, 2, 3].map(() => new PostgresStore({ pool: withoutLocks(pool), schema: place.schema }));
    for (const store of stores) await store.open();
    let lost = 0;
    for (let round = 1; lost === 0 && round <= 50; round++) {
      const appends = stores.map((store, index) => store.append(document, 1, entryOf(`s${index}`, round)));
      const answers = await Promise.all(appends);
      const cursors = answers.flatMap((answer) => (answer.outcome === "stored" ? [answer.cursor] : []));
      lost += cursors.length - new Set(cursors).size;
    }
    expect(lost).toBeGreaterThan(0);
    for (const store of stores) await store.close();
    await pool.end();
    await place.close();
  });

  test("every connection cut in the middle: an upload is stored or refused, and the next one finds the way", async () => {
    const place = postgresPlace(postgres);
    const store = await place.open();
    const stored = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const uploads = Array.from({ length: 20 }, (_, index) => entryOf(`r${round}-${index}`, 1));
      const answers = Promise.allSettled(uploads.map((entry) => store.append(document, 1, entry)));
      const mine = `application_name = 'y-webpubsub' AND datname = current_database()`;
      await postgres.admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${mine}`);
      for (const [index, answer] of (await answers).entries()) {
        if (answer.status === "fulfilled") stored.add(uploads[index]?.session ?? "");
        else expect(["not-durable", "unknown-outcome"]).toContain(answer.reason.code);
      }
      for (const entry of uploads) {
        expect(["stored", "duplicate"]).toContain((await store.append(document, 1, entry)).outcome);
      }
    }
    const sessions = (await readAll(store, document)).map(({ session }) => session);
    expect(new Set(sessions).size).toBe(100);
    expect(sessions).toHaveLength(100);
    expect([...stored].every((session) => sessions.some((one) => one === session))).toBe(true);
    await place.close();
  });
});

test("a document moves from one store to the other and back, with its cursors, its content and its sessions", async () => {
  const [places, room] = [
    [postgresPlace(postgres), azuritePlace(azurite), postgresPlace(postgres)],
    documentId("moving"),
  ];
  let [store, ...others] = await Promise.all(places.map((place) => place.open()));
  const written = new Set<string>();
  for (const next of others) {
    if (!store) throw new Error("Three places are open.");
    await writeElements(store, room, `before ${written.size}`, 5, written);
    const before = await store.load(room);
    await importDocument(next, exportDocument(store, room), room);
    const after = await next.load(room);
    expect(after).toMatchObject({ generation: 1, head: before?.head, sessions: before?.sessions });
    store = next;
    expect((await elementsOf(store, room)).sort()).toEqual([...written].sort());
    const last = before?.sessions.at(-1);
    expect(last && (await store.append(room, 1, { ...entryOf("s", 1), ...last }))).toMatchObject({
      outcome: "duplicate",
    });
  }
  for (const place of places) await place.close();
});

describe("AzureBlobStore and its container", () => {
  test("a container of a newer version is refused with the next step", async () => {
    const place = azuritePlace(azurite);
    await place.open();
    await place.overwrite("format", Buffer.from("999"));
    await expect(place.open()).rejects.toMatchObject({ code: "closed", message: expect.stringContaining("Update") });
    await place.close();
  });

  test("with a signature that may only read it reads; what it writes is certainly not stored", async () => {
    const place = azuritePlace(azurite);
    const store = await place.open();
    await appendMany(store, document, "s", 2);
    const url = await azurite.admin.getContainerClient(place.container).generateSasUrl({
      permissions: ContainerSASPermissions.parse("rl"),
      expiresOn: new Date(Date.now() + 3_600_000),
    });
    const reading = new AzureBlobStore({ containerClient: new ContainerClient(url) });
    await reading.open();
    await expectProblem(reading.append(document, 1, entryOf("s", 3)), "not-durable");
    expect(await readAll(reading, document)).toHaveLength(2);
    await reading.close();
    await place.close();
  });

  test("DU10 a container that is gone is an error, never an empty document", async () => {
    const place = azuritePlace(azurite);
    const store = await place.open();
    await appendMany(store, document, "s", 2);
    await azurite.admin.deleteContainer(place.container);
    await expectProblem(store.load(document), "not-durable");
    await expectProblem(store.load(documentId("another")), "not-durable");
    await expectProblem(store.append(documentId("another"), 1, entryOf("s", 1)), "not-durable");
    await azurite.admin.getContainerClient(place.container).create();
    await place.close();
  });

  test("documents are listed in one order, in pages of any size", async () => {
    const place = azuritePlace(azurite);
    const store = await place.open();
    const names = Array.from({ length: 12 }, (_, index) => `document ${index}`);
    await Promise.all(names.map((name) => appendMany(store, documentId(name), "s", 1)));
    const all = (await store.documents(null, 100)).map((one) => one.document);
    expect([...all].sort()).toEqual([...names].sort());
    const found: string[] = [];
    for (let after = null as (typeof all)[number] | null; ; ) {
      const page = await store.documents(after, 5);
      if (page.length === 0) break;
      found.push(...page.map((one) => one.document));
      after = page.at(-1)?.document ?? null;
    }
    expect(found).toEqual(all);
    await place.close();
  });
});
