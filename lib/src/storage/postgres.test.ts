import { createServer } from "node:net";
import { expect, test } from "vitest";
import { PostgresStore } from "./postgres.ts";

test("options that cannot be meant are refused with what to pass", () => {
  expect(() => new PostgresStore({})).toThrow("connectionString or pool");
  const pool = { connect: () => Promise.reject(new Error("never")), end: async () => undefined };
  expect(() => new PostgresStore({ connectionString: "postgresql://h/d", pool })).toThrow("connectionString or pool");
  for (const schema of ["", "x".repeat(64), "a\0b"]) {
    expect(() => new PostgresStore({ pool, schema })).toThrow("schema must be");
  }
});

test("a database that is not there is said when opening, and opening can be tried again", async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const store = new PostgresStore({ connectionString: `postgresql://nobody@127.0.0.1:${port}/none` });
  const refused = {
    name: "StoreError",
    code: "not-durable",
    message: expect.stringContaining("Check connectionString"),
  };
  await expect(store.open()).rejects.toMatchObject(refused);
  await expect(store.open()).rejects.toMatchObject(refused);
  await store.close();
  await new Promise((done) => server.close(done));
});

test("a pool that was lent is not ended", async () => {
  let ended = false;
  const pool = {
    connect: () => Promise.reject(new Error("no database today")),
    async end() {
      ended = true;
    },
  };
  await expect(new PostgresStore({ pool }).open()).rejects.toMatchObject({ code: "not-durable" });
  expect(ended).toBe(false);
});
