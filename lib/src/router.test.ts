import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Request } from "express";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeLogPage, encodeUpload, type SessionId, sha256, type UploadBatch } from "y-webpubsub/core";
import * as Y from "yjs";
import type { Authorize } from "./access.ts";
import type { LogLine } from "./log-line.ts";
import { type CollabServer, type CollabServerOptions, createCollabServer } from "./server.ts";
import { MemoryStore } from "./storage/memory.ts";

const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;";
const session = "AAAAAAAAAAAAAAAA" as SessionId;

/** Believes the headers `x-user` and `x-role`. */
const believing: Authorize = (request) => {
  const userId = request.get("x-user");
  return userId === undefined ? null : { userId, role: request.get("x-role") === "reader" ? "reader" : "writer" };
};

function textUpdate(text: string, client = 7): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("t").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

function uploadOf(fields: Partial<UploadBatch> = {}): Uint8Array {
  const batch = { session, upload: 1, seqTo: 1, announce: false, adoption: false, update: textUpdate("a") };
  return encodeUpload({ ...batch, ...fields });
}

describe("the router over HTTP", () => {
  let lines: LogLine[];
  let http: Server | null = null;
  let collab: CollabServer | null = null;
  let port = 0;

  async function serve(options: Partial<CollabServerOptions> = {}, before?: express.RequestHandler): Promise<void> {
    collab = createCollabServer({
      connectionString,
      storage: new MemoryStore(),
      authorize: believing,
      log: (line) => lines.push(line),
      ...options,
    });
    const app = express();
    if (before) app.use(before);
    http = createServer(app.use("/collab", collab.router));
    await new Promise<void>((resolve) => http?.listen(0, "127.0.0.1", resolve));
    port = (http.address() as AddressInfo).port;
  }
  beforeEach(async () => {
    lines = [];
    await serve();
  });
  afterEach(stop);

  async function stop(): Promise<void> {
    await collab?.close();
    http?.closeAllConnections();
    await new Promise((resolve) => http?.close(resolve));
  }
  async function serveAgain(options: Partial<CollabServerOptions>, before?: express.RequestHandler): Promise<void> {
    await stop();
    await serve(options, before);
  }

  const url = (path: string, query: Record<string, string> = {}) =>
    `http://127.0.0.1:${port}/collab${path}?${new URLSearchParams(query)}`;
  const ada = { "x-user": "ada" };
  const get = (path: string, query: Record<string, string>, headers: Record<string, string> = ada) =>
    fetch(url(path, query), { headers });
  const upload = (body: Uint8Array, headers: Record<string, string> = {}, query: Record<string, string> = {}) =>
    fetch(url("/log", { document: "d", generation: "1", ...query }), {
      method: "POST",
      headers: { ...ada, "content-type": "application/octet-stream", ...headers },
      body: new Uint8Array(body),
    });
  const card = { protocol: 1, document: "d", session, clientIds: [7] };
  const negotiate = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(url("/negotiate"), {
      method: "POST",
      headers: { ...ada, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  async function expectProblem(
    answer: Promise<Response>,
    status: number,
    code: string,
  ): Promise<Record<string, unknown>> {
    const response = await answer;
    const body = await response.json();
    expect([response.status, body.code]).toEqual([status, code]);
    expect(body.message.length).toBeGreaterThan(20);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    return body;
  }

  test("ID1 ID2 AC2 a ticket names the groups and carries exact roles for 5 minutes", async () => {
    const writer = await (await negotiate(card)).json();
    expect(writer).toMatchObject({
      protocol: 1,
      userId: "ada",
      role: "writer",
      mode: "direct",
      generation: 1,
      head: "",
    });
    expect(Buffer.from(writer.serverKey, "base64")).toHaveLength(32);
    const { data, presence } = writer.groups;
    expect([data, presence].every((name) => /^[a-z2-7]{52}$/.test(name))).toBe(true);
    const claims = claimsOf(writer.url);
    expect(claims).toMatchObject({ sub: `${session}.ada` });
    // The last two say whose the connection is (AC2); nobody may publish there.
    const groups = [claims["webpubsub.group"]].flat();
    expect(groups.slice(0, 2)).toEqual([data, presence]);
    expect(groups.slice(2)).toHaveLength(2);
    expect(claims["role"]).toEqual([`webpubsub.sendToGroup.${data}`, `webpubsub.sendToGroup.${presence}`]);
    expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(300);
    const reader = await (await negotiate(card, { "x-role": "reader" })).json();
    expect([claimsOf(reader.url)["role"]].flat()).toEqual([`webpubsub.sendToGroup.${presence}`]);
    const other = await (await negotiate({ ...card, document: "e" })).json();
    expect(new Set([data, presence, other.groups.data, other.groups.presence]).size).toBe(4);
  });

  test("a client id of another user is named in the ticket", async () => {
    await negotiate(card);
    const eves = { ...card, session: "BBBBBBBBBBBBBBBB" };
    expect((await (await negotiate(eves, { "x-user": "eve" })).json()).clash).toEqual([7]);
    expect((await (await negotiate(card)).json()).clash).toEqual([]);
  });

  test("DU2 DU3 an upload gets a receipt, the same one again, and is read back", async () => {
    const receipt = await (await upload(uploadOf())).json();
    expect(receipt).toMatchObject({ generation: 1, session, upload: 1, seqTo: 1 });
    expect(Buffer.from(receipt.hash, "base64")).toEqual(Buffer.from(sha256(textUpdate("a"))));
    expect(await (await upload(uploadOf())).json()).toEqual(receipt);
    const answer = await get("/log", { document: "d", generation: "1", after: "" });
    const page = decodeLogPage(new Uint8Array(await answer.arrayBuffer()));
    expect(page).toMatchObject({
      ok: true,
      value: { head: receipt.cursor, more: false, sessions: [{ session, seq: 1 }] },
    });
    expect(page.ok && page.value.entries[0]).toMatchObject({ userId: "ada", owners: [{ client: 7, userId: "ada" }] });
    await expectProblem(upload(uploadOf({ update: textUpdate("b") })), 409, "upload-conflict");
  });

  test("SY9 head compares digests, and answers its state when they differ", async () => {
    const { cursor } = await (await upload(uploadOf())).json();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, textUpdate("a"));
    const state = Y.encodeSnapshot(Y.snapshot(doc));
    const ask = (digest: Uint8Array, at: string) =>
      get("/head", { document: "d", generation: "1", cursor: at, digest: Buffer.from(digest).toString("base64url") });
    expect(await (await ask(sha256(state), cursor)).json()).toEqual({
      generation: 1,
      cursor,
      match: true,
      accessEpoch: 1,
    });
    const differs = await (await ask(new Uint8Array(32), cursor)).json();
    expect(differs).toMatchObject({ match: false, state: Buffer.from(state).toString("base64") });
    expect(await (await ask(sha256(state), "")).json()).toEqual({ generation: 1, cursor, match: null, accessEpoch: 1 });
  });

  test.each([
    ["no document", () => get("/log", { generation: "1", after: "" }), 400, "document-invalid"],
    [
      "a control character",
      () => get("/log", { document: "a\0", generation: "1", after: "" }),
      400,
      "document-invalid",
    ],
    ["257 characters", () => get("/head", { document: "a".repeat(257) }), 400, "document-invalid"],
    ["another spelling", () => get("/head", { document: "a\u0308" }), 400, "document-invalid"],
    [
      "two documents",
      () => fetch(`${url("/log", { document: "d" })}&document=e`, { headers: ada }),
      400,
      "document-invalid",
    ],
    ["no generation", () => get("/log", { document: "d", after: "" }), 400, "parameter-invalid"],
    [
      "a strange generation",
      () => get("/log", { document: "d", generation: "1e3", after: "" }),
      400,
      "parameter-invalid",
    ],
    ["no cursor", () => get("/log", { document: "d", generation: "1" }), 400, "parameter-invalid"],
    ["no digest", () => get("/head", { document: "d", generation: "1", cursor: "" }), 400, "parameter-invalid"],
    ["no ref", () => get("/snapshot", { document: "d" }), 400, "parameter-invalid"],
    ["a ref of nothing", () => get("/snapshot", { document: "d", ref: "x" }), 404, "snapshot-gone"],
    ["a cursor of nothing", () => get("/log", { document: "d", generation: "1", after: "zz" }), 410, "cursor-gone"],
    ["another generation", () => get("/log", { document: "d", generation: "2", after: "" }), 410, "generation-changed"],
    ["nobody", () => get("/log", { document: "d", generation: "1", after: "" }, {}), 403, "forbidden"],
    ["no such address", () => get("/other", {}), 404, "not-found"],
    ["another method", () => fetch(url("/negotiate")), 405, "method-not-allowed"],
    [
      "a foreign page",
      () => get("/log", { document: "d" }, { ...ada, origin: "https://evil.example" }),
      403,
      "origin-refused",
    ],
    ["no JSON", () => negotiate("{"), 400, "body-invalid"],
    ["deep JSON", () => negotiate("[".repeat(99) + "]".repeat(99)), 400, "body-invalid"],
    ["an evil key", () => negotiate('{"__proto__":{}}'), 400, "body-invalid"],
    ["long JSON", () => negotiate({ ...card, pad: "x".repeat(20_000) }), 413, "body-too-large"],
    ["a form", () => negotiate("a=b", { "content-type": "text/plain" }), 415, "content-type-unsupported"],
    ["protocol 2", () => negotiate({ ...card, protocol: 2 }), 400, "protocol-unsupported"],
    ["a bad session", () => negotiate({ ...card, session: "x" }), 400, "session-invalid"],
    ["bad client ids", () => negotiate({ ...card, clientIds: [-1] }), 400, "body-invalid"],
    ["negotiating an old generation", () => negotiate({ ...card, generation: 9 }), 410, "generation-changed"],
    ["an unknown version", () => upload(Uint8Array.of(9, 9)), 400, "body-invalid"],
    ["a truncated upload", () => upload(uploadOf().subarray(0, -3)), 400, "body-invalid"],
    ["a compressed upload", () => upload(uploadOf(), { "content-encoding": "gzip" }), 415, "content-type-unsupported"],
    ["an upload as text", () => upload(uploadOf(), { "content-type": "text/plain" }), 415, "content-type-unsupported"],
    ["an invalid update", () => upload(uploadOf({ update: Uint8Array.of(1, 1, 7, 0, 99, 9) })), 422, "update-invalid"],
    ["a reader's upload", () => upload(uploadOf(), { "x-role": "reader" }), 403, "read-only"],
    ["an upload of another generation", () => upload(uploadOf(), {}, { generation: "2" }), 410, "generation-changed"],
  ] as const)("%s is answered with a code and the next step", async (_name, ask, status, code) => {
    await expectProblem(ask(), status, code);
  });

  test("DU7 DU8 missing names ranges; structs of another user's client id are refused", async () => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    doc.getText("t").insert(0, "first");
    const known = Y.encodeStateVector(doc);
    doc.getText("t").insert(5, "second");
    const later = uploadOf({ update: Y.encodeStateAsUpdate(doc, known) });
    expect((await expectProblem(upload(later), 409, "missing"))["ranges"]).toEqual([[7, 0, 5]]);
    await upload(uploadOf());
    const other = { session: "BBBBBBBBBBBBBBBB" as SessionId, update: textUpdate("aXYZ") };
    await expectProblem(upload(uploadOf(other), { "x-user": "eve" }), 422, "foreign-client");
  });

  test("an upload over the limit is refused, at the limit it is taken", async () => {
    const update = textUpdate("x".repeat(1_000));
    await serveAgain({ limits: { uploadBytes: update.length } });
    expect((await upload(uploadOf({ update }))).status).toBe(200);
    const over = uploadOf({ upload: 2, update: textUpdate("x".repeat(1_001), 8) });
    expect(await expectProblem(upload(over), 413, "body-too-large")).toMatchObject({ bytesMax: update.length });
    await expectProblem(upload(new Uint8Array(100_000)), 413, "body-too-large");
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("secret words");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret words"))],
    ["never answers", () => new Promise<null>(() => undefined)],
    ["answers nonsense", () => ({ userId: "", role: "writer" }) as const],
  ])("authorize that %s fails its request only, and says nothing of the reason", async (_name, decide) => {
    const authorize: Authorize = (request, document) =>
      request.get("x-odd") ? decide() : believing(request, document);
    await serveAgain({ authorize, limits: { authorizeMs: 20 } });
    const problem = await expectProblem(negotiate(card, { "x-odd": "1" }), 500, "authorize-failed");
    expect(JSON.stringify(problem)).not.toContain("secret words");
    expect(lines.map(({ event }) => event)).toContain("request-failed");
    expect((await negotiate(card)).status).toBe(200);
  });

  test("pages of allowed origins may ask, with a preflight", async () => {
    await serveAgain({ allowedOrigins: ["https://good.example"] });
    const origin = { origin: "https://good.example" };
    const preflight = await fetch(url("/log"), {
      method: "OPTIONS",
      headers: { ...origin, "access-control-request-headers": "x-user" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "x-user"]);
    const answer = await negotiate(card, origin);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "https://good.example"]);
    await expectProblem(fetch(url("/log"), { method: "OPTIONS", headers: { origin: "null" } }), 403, "origin-refused");
  });

  test("an application that parses bodies itself is served too", async () => {
    await serveAgain({}, (request: Request, response, next) => {
      express.json()(request, response, (error?: unknown) =>
        error ? next(error) : express.raw()(request, response, next),
      );
    });
    expect([(await negotiate(card)).status, (await upload(uploadOf())).status]).toEqual([200, 200]);
  });
});

function claimsOf(wsUrl: string): Record<string, unknown> {
  const token = new URL(wsUrl).searchParams.get("access_token") ?? "";
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}
