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

/** A message of PostgreSQL's protocol 3: type, length and body. */
function message(type: string, ...body: readonly (string | number)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => (typeof part === "string" ? Buffer.from(part) : int32(part))));
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

test("a database that dies while a new connection is handed over ends no process", async () => {
  const fatal = message("E", "SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0");
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    // Welcome, ready, and the end of it, in one piece.
    socket.once("data", () => socket.end(Buffer.concat([message("R", 0), message("Z", "I"), fatal])));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const store = new PostgresStore({ connectionString: `postgresql://nobody@127.0.0.1:${port}/none` });
  await expect(store.open()).rejects.toMatchObject({ code: "not-durable" });
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
