import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { type CollabServer, type CollabServerOptions, createCollabServer } from "../server.ts";
import { MemoryStore } from "../storage/memory.ts";

const agent = { authorization: "Bearer agent" };

interface Running {
  readonly collab: CollabServer;
  readonly http: Server;
  readonly url: string;
}

describe("the API for documents", () => {
  let running: Running[] = [];
  let base = "";
  /** Takes every notice. */
  let service: Server;
  const asked: string[] = [];

  async function serve(options: Partial<CollabServerOptions> = {}): Promise<Running> {
    const { port } = service.address() as AddressInfo;
    const collab = createCollabServer({
      connectionString: `Endpoint=http://127.0.0.1:${port};AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;`,
      storage: new MemoryStore(),
      log: () => undefined,
      authorize: () => null,
      authorizeDocument: (request, document, action) => {
        asked.push(`${action} ${document}`);
        return request.get("authorization") === agent.authorization ? { userId: "agent" } : null;
      },
      ...options,
    });
    const http = createServer(express().use("/collab", collab.router));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const server = { collab, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/collab` };
    running.push(server);
    return server;
  }
  beforeEach(async () => {
    asked.length = 0;
    service = createServer((request, response) => request.resume().on("end", () => response.writeHead(202).end()));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    base = (await serve()).url;
  });
  afterEach(async () => {
    for (const { collab, http } of running) {
      await collab.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    }
    running = [];
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
  });

  const ask = (path: string, init: RequestInit = {}, url = base) =>
    fetch(`${url}${path}`, { ...init, headers: { ...agent, ...init.headers } });
  const put = (json: unknown, headers: Record<string, string> = {}) =>
    ask("/document?document=d", {
      method: "PUT",
      body: JSON.stringify(json),
      headers: { "Content-Type": "application/json", ...headers },
    });
  async function code(answer: Promise<Response>): Promise<string> {
    const response = await answer;
    return `${response.status} ${((await response.json()) as { code: string }).code}`;
  }

  const everything = {
    list: { $type: "array", items: [1, "two", null, { a: [true] }, { $type: "map", entries: { x: 1 } }] },
    map: {
      $type: "map",
      entries: {
        big: { $type: "bigint", value: "9007199254740993" },
        bytes: { $type: "binary", base64: "AQID" },
        literal: { $type: "object", entries: [["$type", "map"]] },
        nan: { $type: "number", value: "NaN" },
        part: { $type: "document", guid: "sub" },
        text: { $type: "text", delta: [{ insert: "nested" }], attributes: {} },
        void: { $type: "undefined" },
      },
    },
    text: {
      $type: "text",
      delta: [
        { insert: "plain " },
        { insert: "bold", attributes: { bold: true } },
        { insert: { $embed: { image: "a.png" } } },
      ],
      attributes: {},
    },
    xml: {
      $type: "xml-fragment",
      children: [
        {
          $type: "xml-element",
          name: "p",
          attributes: { class: "lead" },
          children: [{ $type: "xml-text", delta: [{ insert: "hello" }], attributes: {} }],
        },
      ],
    },
  };

  test("JSON of every shared type is written, read back, and written again without a change", async () => {
    const written = await put(everything);
    expect(written.status, await written.clone().text()).toBe(200);
    const read = await ask("/document?document=d");
    expect(await read.json()).toEqual(everything);
    expect(await (await put(everything)).json()).toMatchObject({ changed: false });
    const changed = structuredClone(everything);
    changed.list.items.push("new");
    changed.map.entries.text.delta = [{ insert: "nested, edited" }];
    expect(await (await put(changed)).json()).toMatchObject({ changed: true });
    expect(await (await ask("/document?document=d&format=json")).json()).toEqual(changed);
    expect(asked).toContain("write d");
  });

  test("a change of one value is a small edit, in the types that are there", async () => {
    await put({ m: { $type: "map", entries: { a: { $type: "map", entries: { x: 1, y: 2 } } } } });
    const before = new Y.Doc();
    Y.applyUpdate(before, new Uint8Array(await (await ask("/document?document=d&format=update")).arrayBuffer()));
    await put({ m: { $type: "map", entries: { a: { $type: "map", entries: { x: 5, y: 2 } } } } });
    const update = new Uint8Array(await (await ask("/document?document=d&format=update")).arrayBuffer());
    expect(Y.diffUpdate(update, Y.encodeStateVector(before)).length).toBeLessThan(60);
  });

  test("a Yjs update is merged, and a head that was left is refused", async () => {
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "by update");
    const headers = { "Content-Type": "application/octet-stream" };
    const body = new Uint8Array(Y.encodeStateAsUpdate(doc));
    expect((await ask("/document?document=d", { method: "PUT", body, headers })).status).toBe(200);
    const read = await ask("/document?document=d");
    expect(await read.json()).toEqual({ t: { $type: "text", delta: [{ insert: "by update" }], attributes: {} } });
    const head = read.headers.get("etag") ?? "";
    expect((await put({}, { "If-Match": head })).status).toBe(200);
    expect(await code(put(everything, { "If-Match": head }))).toBe("412 head-changed");
    const junk = ask("/document?document=d", { method: "PUT", body: "junk", headers });
    expect(await code(junk)).toBe("422 update-invalid");
  });

  test("an edit with a key is done once", async () => {
    const key = { "Idempotency-Key": "job 7" };
    expect(await (await put(everything, key)).json()).toMatchObject({ changed: true, repeated: false });
    await put({});
    expect(await (await put(everything, key)).json()).toMatchObject({ repeated: true });
    expect(await (await ask("/document?document=d")).json()).toEqual({});
  });

  test.each<readonly [unknown, string]>([
    [{ t: "text" }, "t must be an object"],
    [{ t: { $type: "xml-element", name: "p" } }, 't needs "$type"'],
    [{ t: { $type: "text", delta: [{ insert: 5 }] } }, "t[0]"],
    [{ m: { $type: "map", entries: { a: { $type: "spline" } } } }, "m.a has an unknown $type"],
    [{ m: { $type: "map", entries: { a: { $type: "bigint", value: "99999999999999999999" } } } }, "m.a"],
    [{ x: { $type: "xml-fragment", children: ["text"] } }, "no XML"],
    [[], "the document must be an object"],
  ])("%j is answered with the place of the mistake", async (json, words) => {
    const response = await put(json);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "body-invalid", message: expect.stringContaining(words) });
    expect(await (await ask("/documents")).json()).toMatchObject({ documents: [] });
  });

  test("documents are listed, deleted, and moved to another server with their history", async () => {
    await put(everything);
    await ask("/versions?document=d", {
      method: "POST",
      body: JSON.stringify({ label: "First" }),
      headers: { "Content-Type": "application/json" },
    });
    await put({ t: { $type: "text", delta: [{ insert: "later" }] } });
    expect(await (await ask("/documents")).json()).toMatchObject({
      documents: [{ document: "d", generation: 1, deleted: false }],
      next: null,
    });
    const file = await (await ask("/export?document=d")).arrayBuffer();
    const other = await serve();
    const headers = { "Content-Type": "application/octet-stream" };
    const importing = (document: string) =>
      ask(`/import?document=${document}`, { method: "POST", body: file, headers }, other.url);
    expect(await code(importing("e"))).toBe("422 backup-invalid");
    expect((await importing("d")).status).toBe(201);
    expect(await code(importing("d"))).toBe("409 document-exists");
    const { versions } = (await (await ask("/versions?document=d", {}, other.url)).json()) as {
      readonly versions: readonly { readonly id: string; readonly label: string }[];
    };
    expect(versions.map(({ label }) => label)).toEqual(["First"]);
    const preview = await ask(`/preview?document=d&version=${versions[0]?.id}&format=json`, {}, other.url);
    expect(await preview.json()).toEqual(everything);

    expect(await code(ask("/document?document=d", { method: "DELETE", headers: { "If-Match": '"other"' } }))).toBe(
      "412 head-changed",
    );
    expect((await ask("/document?document=d", { method: "DELETE" })).status).toBe(204);
    expect(await (await ask("/document?document=d")).json()).toEqual({});
    expect(await (await ask("/documents")).json()).toMatchObject({ documents: [{ generation: 2, deleted: true }] });
    expect(await code(ask("/export?document=never"))).toBe("404 not-found");
  });

  test("nobody may do anything by default, in the same words whether there is a document or not", async () => {
    await put(everything);
    const { url } = await serve({ authorizeDocument: () => null });
    const answers = await Promise.all(
      [base, url].flatMap((server) =>
        ["d", "never"].map(async (name) => {
          const headers = { authorization: "Bearer thief" };
          const response = await fetch(`${server}/document?document=${name}`, { headers });
          return `${response.status} ${await response.text()}`;
        }),
      ),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^403 .*"forbidden"/);
  });

  test("a hook that throws, hangs or answers nonsense fails that request only", async () => {
    const throwing = await serve({
      authorizeDocument: () => {
        throw new Error("secret words");
      },
    });
    const failed = await ask("/document?document=d", {}, throwing.url);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain("secret words");
    const nonsense = await serve({ authorizeDocument: () => ({ userId: "" }) });
    expect(await code(ask("/document?document=d", {}, nonsense.url))).toBe("500 authorize-failed");
    const hanging = await serve({
      authorizeDocument: () => new Promise<never>(() => undefined),
      limits: { authorizeMs: 20 },
    });
    expect(await code(ask("/document?document=d", {}, hanging.url))).toBe("500 authorize-failed");
  });
});
