import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogLine } from "./log-line.ts";
import { createCollabServer } from "./server.ts";
import { MemoryStore } from "./storage/memory.ts";

const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;";

describe("the router's answers", () => {
  let lines: LogLine[];
  let storage: MemoryStore;
  let base: string;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    lines = [];
    storage = new MemoryStore();
    const collab = createCollabServer({
      connectionString,
      storage,
      authorize: (request) => (request.get("x-user") === "eve" ? null : { userId: "ada", role: "writer" }),
      log: (line) => lines.push(line),
    });
    const http = createServer(express().use(collab.router));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    stop = async () => {
      await collab.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    };
  });
  afterEach(() => stop());

  test.each(["", "AAAA", "A".repeat(44), "A".repeat(42), `${"A".repeat(42)}!`, "=".repeat(43)])(
    'SY9 the malformed digest "%s" is refused: it would count as one that differs',
    async (digest) => {
      const query = new URLSearchParams({ document: "d", generation: "1", cursor: "", digest });
      const answer = await fetch(`${base}/head?${query}`);
      expect([answer.status, (await answer.json()).code]).toEqual([400, "parameter-invalid"]);
    },
  );

  test("document existence oracle: who is refused makes nobody look into the store, so that time says nothing either", async () => {
    await fetch(`${base}/health/ready`);
    const asked: string[] = [];
    for (const name of ["load", "entriesAfter", "payload", "setting", "claim", "append"] as const) {
      const known = storage[name].bind(storage) as (...words: unknown[]) => unknown;
      Object.assign(storage, {
        [name]: (...words: unknown[]) => {
          asked.push(name);
          return known(...words);
        },
      });
    }
    const headers = { "x-user": "eve", "content-type": "application/json" };
    const card = { protocol: 1, document: "d", session: "AAAAAAAAAAAAAAAA", clientIds: [7] };
    const answers = await Promise.all([
      fetch(`${base}/negotiate`, { method: "POST", headers, body: JSON.stringify(card) }),
      ...[
        "/log?generation=1&after=&document=d",
        "/head?document=d",
        "/snapshot?ref=x&document=d",
        "/versions?document=d",
      ].map((path) => fetch(base + path, { headers })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect(asked).toEqual([]);
    await fetch(`${base}/log?generation=1&after=&document=d`);
    expect(asked).toContain("load");
  });

  test("tokens and document names are not in the log", async () => {
    storage.load = () => Promise.reject(new Error("access_token=abc.def broke"));
    const card = { protocol: 1, document: "the-secret-board", session: "AAAAAAAAAAAAAAAA", clientIds: [7] };
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${base}/negotiate`, { method: "POST", headers, body: JSON.stringify(card) });
    expect([answer.status, (await answer.json()).code]).toEqual([500, "internal"]);
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toMatch(/abc\.def|the-secret-board/);
  });

  test("health answers when the store is open", async () => {
    const parts = { server: "ok", store: "ok", keys: "ok", folder: "ok" };
    for (const path of ["/health", "/health/ready"]) {
      expect(await (await fetch(base + path)).json()).toEqual({ status: "ready", ...parts });
    }
    expect(await (await fetch(`${base}/health/live`)).json()).toEqual({ status: "live" });
  });

  test("health names the part that fails", async () => {
    storage.changeSetting = () => Promise.reject(new Error("read-only disk"));
    const answer = await fetch(`${base}/health/ready`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { status: "not-ready", store: "failed" }]);
  });
});
