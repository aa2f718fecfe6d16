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

  test("a whole one goes back without a trace of us", async () => {
    const connection = new FakeConnection(async () => ({ command: "SELECT", rows: [] }));
    await lend(connection);
    expect(connection.destroyed).toBe(false);
    expect(connection.listenerCount("error")).toBe(0);
  });
});
