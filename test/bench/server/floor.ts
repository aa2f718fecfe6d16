/** What a store takes when nothing else is done: in a process of its own, as the server is. */
import { createHash } from "node:crypto";
import { ClassicLevel } from "classic-level";
import { Pool } from "pg";
import type { DocumentId, SessionId, UserId } from "y-webpubsub/core";
import type { DocumentStore } from "y-webpubsub-server/core";
import { chosenStore } from "../../support/chosen-store.ts";
import { answerCalls } from "../processes.ts";
import type { StoreSetting } from "./server.ts";

export interface Pouring {
  /** `raw`: plain records into the database below; `store`: appends to our store, without a server. */
  readonly way: "raw" | "store";
  readonly store: StoreSetting;
  readonly inFlight: number;
  readonly documents: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** Appends one upload of the writer; resolves when it is durable. */
interface Sink {
  append(writer: number, update: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const calls = {
  /** Appends a second, with so many always in flight. */
  pour: async ({ way, store, inFlight, documents, bytes, seconds }: Pouring): Promise<number> => {
    const sink = way === "raw" ? await rawSink(store) : await storeSink(await chosenStore(store), documents);
    const update = new Uint8Array(bytes).fill(7);
    const began = performance.now();
    const until = began + seconds * 1_000;
    const counts = await Promise.all(
      Array.from({ length: inFlight }, async (_, writer) => {
        let count = 0;
        for (; performance.now() < until; count++) await sink.append(writer, update);
        return count;
      }),
    );
    const elapsed = (performance.now() - began) / 1_000;
    await sink.close();
    return counts.reduce((sum, count) => sum + count, 0) / elapsed;
  },
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

export type FloorCalls = typeof calls;

answerCalls(calls);

function rawSink({ DATA_DIR, POSTGRES }: StoreSetting): Promise<Sink> {
  return POSTGRES === undefined ? rawLevel(DATA_DIR ?? "") : rawPostgres(POSTGRES);
}

type Records = readonly { readonly key: string; readonly value: Uint8Array }[];

async function rawLevel(path: string): Promise<Sink> {
  const database = new ClassicLevel<string, Uint8Array>(path, { keyEncoding: "utf8", valueEncoding: "view" });
  await database.open();
  const write = (records: Records) =>
    database.batch(
      records.map(({ key, value }) => ({ type: "put" as const, key, value })),
      { sync: true },
    );
  return new Batches(write, () => database.close());
}

async function rawPostgres(connectionString: string): Promise<Sink> {
  const pool = new Pool({ connectionString, max: 1 });
  await pool.query('CREATE TABLE IF NOT EXISTS raw (key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL)');
  const write = async (records: Records) => {
    const values = [records.map(({ key }) => key), records.map(({ value }) => Buffer.from(value))];
    await pool.query({ name: "put", text: "INSERT INTO raw SELECT * FROM unnest($1::text[], $2::bytea[])", values });
  };
  return new Batches(write, () => pool.end());
}

/** One durable batch after the other: what comes meanwhile goes into the next. */
class Batches implements Sink {
  readonly #write: (records: Records) => Promise<void>;
  readonly #end: () => Promise<void>;
  readonly #run: string = Date.now().toString(36);
  readonly #waiting: { readonly key: string; readonly value: Uint8Array }[] = [];
  #number = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(write: (records: Records) => Promise<void>, end: () => Promise<void>) {
    this.#write = write;
    this.#end = end;
  }

  append(_writer: number, value: Uint8Array): Promise<void> {
    this.#waiting.push({ key: `${this.#run}-${String(this.#number++).padStart(12, "0")}`, value });
    if (this.#waiting.length === 1) this.#last = this.#last.then(() => this.#write(this.#waiting.splice(0)));
    return this.#last;
  }

  close(): Promise<void> {
    return this.#end();
  }
}

async function storeSink(store: DocumentStore, documents: number): Promise<Sink> {
  await store.open();
  const run = Date.now().toString(36);
  const uploads: number[] = [];
  return {
    append: async (writer, update) => {
      const upload = (uploads[writer] ?? 0) + 1;
      uploads[writer] = upload;
      const session = `${run}-${writer}`.padEnd(16, "-").slice(0, 16) as SessionId;
      const userId = `writer-${writer}` as UserId;
      const hash = new Uint8Array(createHash("sha256").update(update).digest());
      const owners = [{ client: writer + 1, userId }];
      const words = { session, userId, upload, seqTo: upload, owners, atMs: Date.now() };
      const document = `direct-${run}-${writer % documents}` as DocumentId;
      const appended = await store.append(document, 1, { ...words, hash, update });
      if (appended.outcome !== "stored") throw new Error(`The store answered ${appended.outcome}.`);
    },
    close: () => store.close(),
  };
}
