import { createPublicKey, verify } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { decodeFrame, encodeUpload, noticeSigningBytes, type SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { createCollabServer } from "./server.ts";
import { MemoryStore } from "./storage/memory.ts";

interface Sent {
  readonly method: string | undefined;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Uint8Array;
}

describe("announcing an upload", () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function listen(http: Server): Promise<number> {
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    closers.push(() => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(resolve));
    });
    return (http.address() as AddressInfo).port;
  }

  test("SY10 ID5 the data group hears of the new head over REST, signed with the ticket's key", async () => {
    let arrived: (sent: Sent) => void = () => undefined;
    const sent = new Promise<Sent>((resolve) => {
      arrived = resolve;
    });
    const service = await listen(
      createServer(async (request, response) => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part);
        const { pathname } = new URL(request.url ?? "", "http://service");
        const body = new Uint8Array(Buffer.concat(parts));
        arrived({ method: request.method, path: pathname, type: request.headers["content-type"], body });
        response.writeHead(202).end();
      }),
    );
    const collab = createCollabServer({
      connectionString: `Endpoint=http://127.0.0.1:${service};AccessKey=a-key-of-at-least-thirty-two-bytes-here;Version=1.0;`,
      storage: new MemoryStore(),
      authorize: () => ({ userId: "ada", role: "writer" }),
    });
    const base = `http://127.0.0.1:${await listen(createServer(express().use(collab.router)))}`;
    closers.push(() => collab.close());

    const session = "AAAAAAAAAAAAAAAA" as SessionId;
    const post = (path: string, type: string, body: string | Uint8Array<ArrayBuffer>) =>
      fetch(base + path, { method: "POST", headers: { "content-type": type }, body });
    const card = JSON.stringify({ protocol: 1, document: "d", session, clientIds: [1] });
    const ticket = await (await post("/negotiate", "application/json", card)).json();
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "hello");
    const update = Y.encodeStateAsUpdate(doc);
    const body = encodeUpload({ session, upload: 1, seqTo: 1, announce: true, adoption: false, update });
    const uploaded = await post("/log?document=d&generation=1", "application/octet-stream", new Uint8Array(body));
    const { cursor } = await uploaded.json();

    const { method, path, type, body: bytes } = await sent;
    expect([method, path]).toEqual(["POST", `/api/hubs/collab/groups/${ticket.groups.data}/:send`]);
    expect(type).toBe("application/octet-stream");
    const frame = decodeFrame(bytes);
    if (!frame.ok || frame.value.kind !== "server") throw new Error("not a server frame");
    expect(frame.value).toMatchObject({ group: ticket.groups.data, generation: 1, notice: { type: "stored", cursor } });
    const raw = Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      Buffer.from(ticket.serverKey, "base64"),
    ]);
    const key = createPublicKey({ key: raw, format: "der", type: "spki" });
    expect(verify(null, noticeSigningBytes(frame.value), key, frame.value.signature)).toBe(true);
  });
});
