import { describe, expect, test } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { documentKey, recordKey } from "../keys.ts";
import type { Operation } from "../writer.ts";
import type { PostgresAnswer, PostgresConnection, PostgresPool, PostgresQuery } from "./pool.ts";
import { PostgresWriter } from "./writer.ts";

/** Says what a server says to each statement, or breaks. Knows nothing of SQL but how statements begin. */
class FakePool implements PostgresPool {
  /** By the beginning of the statement. */
  readonly answers: Map<string, () => PostgresAnswer> = new Map();
  readonly statements: string[] = [];
  readonly released: boolean[] = [];
  refuse: Error | null = null;
  /** Locks that others hold. */
  held = false;

  async connect(): Promise<PostgresConnection> {
    if (this.refuse) throw this.refuse;
    return {
      query: async (config) => this.#answer(config),
      on: () => undefined,
      removeListener: () => undefined,
      release: (destroy = false) => this.released.push(destroy),
    };
  }

  async end(): Promise<void> {
    // Nothing is connected.
  }

  async #answer({ text }: PostgresQuery): Promise<PostgresAnswer> {
    const statement = text.trimStart();
    this.statements.push(statement);
    for (const [beginning, answer] of this.answers) if (statement.startsWith(beginning)) return answer();
    if (!statement.startsWith("BEGIN")) return { command: statement.split(/\s/)[0] ?? "", rows: [] };
    const waits = statement.includes("pg_advisory_xact_lock");
    const numbers = /'\{(.*)\}'/.exec(statement)?.[1]?.split(",") ?? [];
    return { command: "SELECT", rows: numbers.map((number) => ({ number, held: waits || !this.held })) };
  }
}

function put(name: string, bytes = 1): Operation<string> {
  const key = recordKey("head", documentKey(name as DocumentId));
  return {
    keys: [key],
    bytes,
    decide(draft) {
      draft.put(key, Uint8Array.of(1));
      return name;
    },
  };
}

function databaseError(code: string, severity = "ERROR"): Error {
  return Object.assign(new Error(`error ${code}`), { code, severity });
}

function start(): { readonly pool: FakePool; readonly writer: PostgresWriter } {
  const pool = new FakePool();
  return { pool, writer: new PostgresWriter({ pool, schema: "s" }) };
}

describe("PostgresWriter", () => {
  test("what is submitted in one turn is one transaction", async () => {
    const { pool, writer } = start();
    expect(await Promise.all(["a", "b", "c"].map((name) => writer.submit(put(name))))).toEqual(["a", "b", "c"]);
    expect(pool.statements.filter((statement) => statement.startsWith("COMMIT"))).toHaveLength(1);
    while (pool.released.length === 0) await new Promise(setImmediate);
    expect(pool.released).toEqual([false]);
  });

  test("no write while the statements before COMMIT fail is stored, and the connection is not used again", async () => {
    for (const beginning of ["BEGIN", "SELECT", "INSERT"]) {
      const { pool, writer } = start();
      pool.answers.set(beginning, () => {
        throw databaseError("57014");
      });
      await expect(writer.submit(put("a"))).rejects.toMatchObject({ name: "StoreError", code: "not-durable" });
      expect(pool.statements.some((statement) => statement.startsWith("COMMIT"))).toBe(false);
      expect(pool.released).toEqual([true]);
      pool.answers.clear();
      expect(await writer.submit(put("a"))).toBe("a");
    }
  });

  test("a database that cannot be reached has certainly stored nothing, and one without space says so", async () => {
    const { pool, writer } = start();
    pool.refuse = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    await expect(writer.submit(put("a"))).rejects.toMatchObject({ code: "not-durable" });
    pool.refuse = null;
    pool.answers.set("INSERT", () => {
      throw databaseError("53100");
    });
    await expect(writer.submit(put("a"))).rejects.toMatchObject({ code: "full" });
  });

  test.each([
    [
      "the connection broke",
      Object.assign(new Error("Connection terminated"), { code: "ECONNRESET" }),
      "unknown-outcome",
    ],
    ["the server went down", databaseError("57P01", "FATAL"), "unknown-outcome"],
    ["no answer in time", new Error("Query read timeout"), "unknown-outcome"],
    ["the server undid it", databaseError("40001"), "not-durable"],
    ["no space at the last moment", databaseError("53100"), "full"],
  ])("DU3 COMMIT: %s", async (_, error, code) => {
    const { pool, writer } = start();
    pool.answers.set("COMMIT", () => {
      throw error;
    });
    await expect(writer.submit(put("a"))).rejects.toMatchObject({ name: "StoreError", code });
  });

  test("DU3 a COMMIT that is answered with ROLLBACK is no receipt", async () => {
    const { pool, writer } = start();
    pool.answers.set("COMMIT", () => ({ command: "ROLLBACK", rows: [] }));
    await expect(writer.submit(put("a"))).rejects.toMatchObject({ name: "StoreError" });
  });

  test("a document that others hold leaves the batch and is waited for on its own", async () => {
    const { pool, writer } = start();
    pool.held = true;
    expect(await writer.submit(put("a"))).toBe("a");
    const begins = pool.statements.filter((statement) => statement.startsWith("BEGIN"));
    expect(begins.map((statement) => statement.includes("pg_try_advisory_xact_lock"))).toEqual([true, false]);
  });

  test("a large write does not share a transaction with other documents", async () => {
    const { pool, writer } = start();
    await Promise.all([writer.submit(put("large", 50_000_000)), writer.submit(put("a")), writer.submit(put("b"))]);
    const begins = pool.statements.filter((statement) => statement.startsWith("BEGIN"));
    expect(begins.map((statement) => statement.includes("pg_try_advisory_xact_lock")).sort()).toEqual([false, true]);
  });

  test("commits wait for the disk whatever the database is set to, and a stopped server loses its transaction", async () => {
    const { pool, writer } = start();
    await writer.submit(put("a"));
    expect(pool.statements[0]).toContain("set_config('synchronous_commit', 'on', true)");
    expect(pool.statements[0]).toContain("SET LOCAL idle_in_transaction_session_timeout");
  });
});
