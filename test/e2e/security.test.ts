import { request } from "node:http";
import { WebPubSubClient } from "@azure/web-pubsub-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CollabServerOptions, createCollabServer } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import type * as Y from "yjs";
import { Asking, ada, card, codeOf } from "../support/asking.ts";
import { accessKey, believing, Servers } from "../support/servers.ts";

/** The attacks of the threat model that concern the server, over HTTP against a real server. */
describe("attacks on the server", () => {
  let servers: Servers;
  beforeEach(async () => {
    servers = await Servers.start(1);
  });
  afterEach(() => servers.close());

  async function startAgain(options: Partial<CollabServerOptions>): Promise<void> {
    await servers.close();
    servers = await Servers.start(1, options);
  }
  const asking = new Asking(() => servers.at(0).url);

  test("document existence oracle: a refusal is the same, byte for byte, whether the document exists or not", async () => {
    await asking.upload("there", 1, "there");
    await startAgainKeeping();
    const answers = [];
    for (const document of ["there", "not-there"]) {
      for (const ask of [
        () => asking.get("/log", { document, generation: "1", after: "" }, { "x-user": "eve" }),
        () => asking.get("/head", { document }, { "x-user": "eve" }),
        () => asking.get("/snapshot", { document, ref: "x" }, { "x-user": "eve" }),
        () => asking.negotiate({ ...card, document }, { "x-user": "eve" }),
        () => asking.upload("x", 2, document, { "x-user": "eve" }),
        () => asking.get("/log", { document, generation: "1", after: "" }, {}),
      ]) {
        const answer = await ask();
        const headers = [...answer.headers].filter(([name]) => name !== "date");
        answers.push(JSON.stringify([answer.status, headers, await answer.text()]));
      }
    }
    expect(answers.slice(6)).toEqual(answers.slice(0, 6));
    for (const answer of answers) expect(answer).toMatch(/^\[403,/);
  });

  /** The same store, and an `authorize` that lets nobody but ada in. */
  async function startAgainKeeping(): Promise<void> {
    await startAgain({
      storage: servers.store,
      authorize: (asked, document) => (asked.get("x-user") === "ada" ? believing(asked, document) : null),
    });
  }

  test("cross-site requests and CSRF: no form, image or script of another site has an effect", async () => {
    const evil = { origin: "https://evil.example" };
    expect(await codeOf(asking.negotiate(card, evil))).toEqual([403, "origin-refused"]);
    expect(await codeOf(asking.upload("x", 1, "d", evil))).toEqual([403, "origin-refused"]);
    expect(await codeOf(asking.get("/log", {}, { ...ada, "sec-fetch-site": "cross-site" }))).toEqual([
      403,
      "origin-refused",
    ]);
    expect(await codeOf(asking.negotiate(card, { origin: "null" }))).toEqual([403, "origin-refused"]);
    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
      expect(await codeOf(asking.negotiate(card, { "content-type": type }))).toEqual([415, "content-type-unsupported"]);
      expect(await codeOf(asking.upload("x", 1, "d", { "content-type": type }))).toEqual([
        415,
        "content-type-unsupported",
      ]);
    }
    const preflight = await fetch(asking.url("/log"), { method: "OPTIONS", headers: evil });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    expect((await asking.upload("fine", 1)).status).toBe(200);
  });

  test("cross-site requests: an allowed origin is told so by name, never with a star", async () => {
    await startAgain({ allowedOrigins: ["https://good.example"] });
    const good = { origin: "https://good.example", "sec-fetch-site": "cross-site" };
    const answer = await asking.negotiate(card, good);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "https://good.example"]);
    expect(answer.headers.get("vary")).toContain("Origin");
    for (const origin of [
      "https://good.example.evil.example",
      "http://good.example",
      "https://GOOD.example",
      "https://good.example:444",
    ]) {
      expect(await codeOf(asking.negotiate(card, { origin }))).toEqual([403, "origin-refused"]);
    }
  });

  test("join another document's group: a token joins its own room only, and sends where its role says", async () => {
    const mine = await (await asking.negotiate(card, { "x-role": "reader" })).json();
    const others = { ...card, document: "other", session: "BBBBBBBBBBBBBBBB" };
    const theirs = await (await asking.negotiate(others, { "x-user": "bob" })).json();
    const client = new WebPubSubClient(mine.url, { autoReconnect: false });
    await client.start();
    try {
      for (const group of [theirs.groups.data, theirs.groups.presence, mine.groups.data]) {
        await expect(client.joinGroup(group)).rejects.toThrow();
        await expect(client.sendToGroup(group, "x", "text")).rejects.toThrow();
      }
      await client.sendToGroup(mine.groups.presence, "x", "text");
    } finally {
      client.stop();
    }
    // Names say nothing: neither the document nor another name can be made of one.
    const names = [mine, theirs].flatMap(({ groups }) => Object.values<string>(groups));
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[a-z2-7]{52}$/);
  });

  test("path traversal and injection by id: every id that is a text is a document of its own, everything else is refused", async () => {
    const ids = [
      "../../etc/passwd",
      "..\\..\\windows",
      "%2e%2e%2f",
      "CON",
      "'; DROP TABLE documents; --",
      "a/b",
      "a\u0430", // Cyrillic, looks like the Latin letter
      "aa",
      "aA",
      "constructor",
      "__proto__",
      "toString",
      "a\u200b",
      "\u202eabc",
      " d",
      "d ",
      "$&",
      "x".repeat(256),
      "🙂".repeat(128),
    ];
    for (const [index, id] of ids.entries())
      expect((await asking.upload(`text ${index}`, index + 1, id)).status).toBe(200);
    for (const [index, id] of ids.entries()) {
      const read = (doc: Y.Doc) => doc.getText("t").toString();
      expect(await servers.at(0).collab.document(id).read(read)).toBe(`text ${index}`);
    }
    for (const id of ["", "a\0b", "a\nb", "\u007f", "\ud800", "a\u0308", "x".repeat(257)]) {
      expect(await codeOf(asking.negotiate({ ...card, document: id }))).toEqual([400, "document-invalid"]);
    }
    for (const id of [["d"], { d: 1 }, 7, null, true]) {
      expect(await codeOf(asking.negotiate({ ...card, document: id }))).toEqual([400, "document-invalid"]);
    }
    expect((await asking.negotiate({ ...card, document: "x".repeat(1_000_000) })).status).toBe(413);
    expect(await rawStatus(`/collab/head?document=${"x".repeat(1_000_000)}`)).toBe(431);
    for (const path of [
      "/collab/../collab/head",
      "/collab/%2e%2e/etc",
      "/collab/head/..%2f",
      "/collab/\0",
      "/collab/%zz",
    ]) {
      expect([400, 403, 404]).toContain(await rawStatus(path));
    }
  });

  function rawStatus(path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(servers.at(0).url);
      const asked = request({ host: "127.0.0.1", port, path: encodeURI(path).replaceAll("%25", "%"), headers: ada });
      asked.on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject).end();
    });
  }

  test("prototype pollution and JSON depth: a hostile body is refused and changes nothing", async () => {
    const post = (body: string) =>
      fetch(asking.url("/negotiate"), {
        method: "POST",
        headers: { ...ada, "content-type": "application/json" },
        body,
      });
    for (const body of [
      '{"__proto__":{"role":"writer"},"protocol":1}',
      '{"protocol":1,"constructor":{"prototype":{"x":1}},"clientIds":[{"__proto__":[]}]}',
      `{"protocol":1,"clientIds":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      "\ufeff{}",
      "null",
      "[]",
      "",
    ]) {
      expect((await post(body)).status).toBe(400);
    }
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["role"]).toBeUndefined();
  });

  test("decompression bomb: a compressed body is refused, whatever is in it", async () => {
    for (const encoding of ["gzip", "br", "deflate", "zstd", "identity, gzip"]) {
      expect((await asking.upload("x", 1, "d", { "content-encoding": encoding })).status).toBe(415);
    }
  });

  test("security headers are on every answer, and no answer tells of the software behind", async () => {
    const answers = [
      await asking.negotiate(card),
      await asking.get("/nothing"),
      await asking.get("/health/live"),
      await asking.upload("x"),
      await asking.negotiate({}),
    ];
    for (const { headers } of answers) {
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("server")).toBeNull();
    }
  });

  test("secrets in logs or errors: no token, key, cookie, name or content is in a log line or an answer that fails", async () => {
    const canary = {
      user: "canary-user",
      bearer: "canary-bearer",
      cookie: "canary-cookie",
      query: "canary-query",
      document: "canary-document",
      content: "canary-content",
    };
    const broken = new MemoryStore();
    let fails = false;
    const load = broken.load.bind(broken);
    broken.load = (document) => {
      const words = `cannot reach postgres://user:canary-password@db with Bearer ${canary.bearer}, AccessKey=${accessKey}`;
      return fails ? Promise.reject(new Error(words)) : load(document);
    };
    await startAgain({
      storage: broken,
      authorize(asked, document) {
        if (asked.get("x-user") === "odd")
          throw new Error(`cookie: ${asked.get("cookie")} token eyJhbGciOi.eyJzdWIi.c2ln`);
        return believing(asked, document);
      },
    });
    const headers = {
      "x-user": canary.user,
      authorization: `Bearer ${canary.bearer}`,
      cookie: `session=${canary.cookie}`,
    };
    const answers: string[] = [];
    const ask = async (answer: Promise<Response>) => {
      const response = await answer;
      answers.push(await response.text());
      return response.status;
    };
    const query = { access_token: canary.query };
    expect((await asking.negotiate({ ...card, document: canary.document }, headers)).status).toBe(200);
    expect((await asking.upload(canary.content, 1, canary.document, headers)).status).toBe(200);
    servers.at(0).collab.document(canary.document);
    fails = true;
    for (const document of [canary.document, `${canary.document}-2`]) {
      const asked = { document, generation: "1", after: "", ...query };
      await ask(asking.get("/log", asked, { ...headers, "x-user": "odd" }));
      await ask(asking.get("/head", { ...asked, cursor: "x", digest: "y" }, headers));
      await ask(asking.get("/snapshot", { ...asked, ref: canary.query }, headers));
      await ask(asking.negotiate({ ...card, document: `${document}-3` }, headers));
      await ask(asking.upload(canary.content, 9, `${document}-4`, headers));
    }
    await servers.at(0).collab.document(canary.document).revoke("somebody");
    await servers.service.close();
    await servers.at(0).collab.document(canary.document).revoke(canary.user);
    expect(servers.lines.length).toBeGreaterThan(4);
    expect(
      answers.filter((answer) => answer.includes('"internal"') || answer.includes('"authorize-failed"')).length,
    ).toBeGreaterThan(3);
    const said = [...servers.lines, ...answers].join("\n");
    for (const secret of [...Object.values(canary), "canary-password", accessKey, "eyJ"])
      expect(said).not.toContain(secret);
    expect(said).not.toMatch(/\bat .*\.ts:\d+/);
  });

  test("prototype names as ids: rate limits, rules and metrics keep names like these apart", async () => {
    for (const [index, user] of ["__proto__", "constructor", "toString"].entries()) {
      const own = { ...card, session: `${index}AAAAAAAAAAAAAAA`, clientIds: [] };
      expect((await asking.negotiate(own, { "x-user": user })).status).toBe(200);
      await servers.at(0).collab.document("d").revoke(user);
      expect((await asking.negotiate(own, { "x-user": user })).status).toBe(403);
    }
    expect((await asking.negotiate(card)).status).toBe(200);
  });
});

test("starting without authorize or without a connection string is refused", () => {
  const options = { storage: new MemoryStore() } as unknown as CollabServerOptions;
  expect(() => createCollabServer(options)).toThrow(TypeError);
});
