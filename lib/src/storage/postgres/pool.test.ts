import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { type PostgresAnswer, type PostgresConnection, withSession } from "./pool.ts";

class FakeConnection extends EventEmitter implements PostgresConnection {
  destroyed: boolean | undefined;
  readonly #answer: () => Promise<PostgresAnswer>;

  constructor(answer: () => Promise<PostgresAnswer>) {
    super();
    this.#answer = answer;
  }

  query(): Promise<PostgresAnswer> {
    return this.#answer();
  }

  release(destroy?: boolean): void {
    this.destroyed = destroy;
  }
}

function lend(connection: FakeConnection): Promise<PostgresAnswer> {
  const pool = { connect: async () => connection, end: async () => undefined };
  return withSession(pool, (session) => session.query("SELECT 1"));
}

describe("a connection that was lent out", () => {
  test("the last word of a server that died, after the connection was given up, does not end the process", async () => {
    const connection = new FakeConnection(() => Promise.reject(new Error("Connection terminated")));
    await expect(lend(connection)).rejects.toThrow("Connection terminated");
    expect(connection.destroyed).toBe(true);
    // Without a listener an EventEmitter throws what it is told.
    expect(() => connection.emit("error", new Error("terminating connection"))).not.toThrow();
  });

  test("one that had ended is given up, and the work is done on the next", async () => {
    const dead = Array.from(
      { length: 3 },
      () => new FakeConnection(() => Promise.reject(new Error("terminating connection"))),
    );
    const alive = new FakeConnection(async () => ({ command: "SELECT", rows: [] }));
    const lent = [...dead, alive];
    const pool = { connect: async () => lent.shift() ?? alive, end: async () => undefined };
    expect(await withSession(pool, (session) => session.query("SELECT 1"))).toEqual({ command: "SELECT", rows: [] });
    expect([...dead, alive].map(({ destroyed }) => destroyed)).toEqual([true, true, true, false]);
  });

  test("one that broke after it had answered is an error at once, and so is one that never answers", async () => {
    let asked = 0;
    const breaks = new FakeConnection(async () => {
      asked++;
      if (asked > 1) throw new Error("Connection terminated");
      return { command: "BEGIN", rows: [] };
    });
    const pool = { connect: async () => breaks, end: async () => undefined };
    const twice = withSession(pool, async (session) => {
      await session.query("BEGIN");
      return session.query("COMMIT");
    });
    await expect(twice).rejects.toThrow("Connection terminated");
    expect(asked).toBe(2);
    const silent = new FakeConnection(() => Promise.reject(new Error("Query read timeout")));
    await expect(lend(silent)).rejects.toThrow("Query read timeout");
  });

  test("a whole one goes back without a trace of us", async () => {
    const connection = new FakeConnection(async () => ({ command: "SELECT", rows: [] }));
    await lend(connection);
    expect(connection.destroyed).toBe(false);
    expect(connection.listenerCount("error")).toBe(0);
  });
});
