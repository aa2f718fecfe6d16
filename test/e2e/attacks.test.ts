import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { encodeFrame, encodeUpload, type Frame, makeSessionId, type SessionId } from "y-webpubsub/core";
import { endlessPresence, hostileUpdates } from "../attack/hostile-bytes.ts";
import { Asking, ada } from "../support/asking.ts";
import { Collab } from "../support/collab.ts";
import { Member } from "../support/member.ts";
import { Servers } from "../support/servers.ts";

/** What no other test shows of the table in test/attack: real sockets, a real service and a real server. */
const full = process.env["TEST_FULL"] === "1";
const nothing = new Uint8Array(0);
const patience = { timeout: 60_000, interval: 20 };

interface Ticket {
  readonly url: string;
  readonly groups: { readonly data: string; readonly presence: string };
}

function negotiate(url: string, document: string, user: string, session: SessionId): Promise<Response> {
  return fetch(`${url}/negotiate`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-user": user },
    body: JSON.stringify({ protocol: 1, document, session, clientIds: [] }),
  });
}

describe("a hostile writer", () => {
  let collab: Collab;
  let room = "";
  let people: Member[] = [];
  beforeAll(async () => {
    collab = await Collab.start();
  });
  afterAll(() => collab.close());
  beforeEach(async () => {
    room = crypto.randomUUID();
    people = ["ann", "bert"].map((user) => new Member(collab.url, room, user));
    await Promise.all(people.map((member) => member.synced()));
  });
  afterEach(() => {
    for (const { provider } of people) provider.destroy();
  });

  const session = makeSessionId({ next: Math.random });
  const edit = (update: Uint8Array) =>
    ({ kind: "edit", session, seqFrom: 1, seqTo: 1, update, awareness: nothing }) as const satisfies Frame;
  const presence = { kind: "presence", session, clientIds: [5], awareness: endlessPresence } as const satisfies Frame;
  const attempts = [
    ...hostileUpdates.map(({ name, update }) => ({ name, frame: edit(update), update })),
    { name: "a presence clock that is Infinity", frame: presence, update: endlessPresence },
  ];

  test.each(attempts)(
    "H3 H6 H8 H9 H10 $name: refused live and as an upload, and nobody else notices",
    async (attempt) => {
      const { frame, update } = attempt;
      const ticket = (await (await negotiate(collab.url, room, "mallory", session)).json()) as Ticket;
      const mallory = new WebSocket(ticket.url, ["json.webpubsub.azure.v1"]);
      await once(mallory, "message");
      const group = frame.kind === "edit" ? ticket.groups.data : ticket.groups.presence;
      const data = Buffer.from(encodeFrame(frame)).toString("base64");
      mallory.send(JSON.stringify({ type: "sendToGroup", group, dataType: "binary", data, ackId: 1 }));
      await once(mallory, "message");
      const answer = await fetch(`${collab.url}/log?document=${room}&generation=1`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", "x-user": "mallory" },
        body: new Uint8Array(encodeUpload({ session, upload: 1, seqTo: 1, announce: false, adoption: false, update })),
      });
      expect([400, 422]).toContain(answer.status);
      const [ann, bert] = people;
      for (const { provider } of people) {
        await vi.waitFor(
          () => expect([...provider.drops.values()].reduce((sum, count) => sum + count, 0)).toBe(1),
          patience,
        );
      }
      ann?.type("honest ");
      await bert?.reads("honest ");
      bert?.type("work");
      await ann?.reads("honest work");
      await Promise.all(people.map(({ provider }) => provider.whenSaved()));
      const late = new Member(collab.url, room, "late");
      people.push(late);
      await late.reads("honest work");
      mallory.terminate();
    },
  );

  test("H20 a connection that is swapped after every edit loses none", async () => {
    const [ann, bert] = people;
    const edits = Array.from({ length: full ? 150 : 40 }, (_, number) => `${number},`);
    for (const [number, words] of edits.entries()) {
      ann?.type(words);
      await new Promise((resolve) => setImmediate(resolve));
      if (number % 20 === 19) collab.closeConnections();
      else collab.cutConnections();
    }
    await Promise.all(people.map((member) => member.reads(edits.join(""))));
    await ann?.provider.whenSaved();
    expect(bert?.text.toString()).toBe(edits.join(""));
  });
});

describe("a hostile crowd", () => {
  let servers: Servers;
  const sockets: (Socket | WebSocket)[] = [];
  beforeEach(async () => {
    servers = await Servers.start(1);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) "terminate" in socket ? socket.terminate() : socket.destroy();
    await servers.close();
  });
  const asking = new Asking(() => servers.at(0).url);

  test("H11 answers that nobody reads: memory is bounded, and others get theirs", async () => {
    expect((await asking.upload("x".repeat(500_000), 1, "large")).status).toBe(200);
    const page = { document: "large", generation: "1", after: "" };
    const { length } = await (await asking.get("/log", page)).bytes();
    expect(length).toBeGreaterThan(200_000);
    const asked = 400;
    const [connections, each] = [10, asked / 10];
    const { port, pathname } = new URL(asking.url("/log", page));
    const before = process.memoryUsage.rss();
    const request = `GET ${pathname}?${new URLSearchParams(page)} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-user: ada\r\n\r\n`;
    for (let connection = 0; connection < connections; connection++) {
      const socket = connect({ port: Number(port), host: "127.0.0.1" });
      sockets.push(socket);
      await once(socket, "connect");
      socket.pause();
      socket.write(request.repeat(each));
    }
    for (let other = 0; other < 3; other++) {
      const answer = await asking.get("/log", page, { ...ada, "x-user": "bob" });
      expect([answer.status, (await answer.bytes()).length]).toEqual([200, length]);
    }
    // All answers in memory would be more than this.
    expect(process.memoryUsage.rss() - before).toBeLessThan((asked * length) / 2);
  });

  test("H19 connections to many documents that come and go leave nothing at the service", async () => {
    const documents = Array.from({ length: full ? 500 : 100 }, (_, number) => `document-${number}`);
    const { connections, groups } = servers.service.hub("collab");
    for (const document of documents) {
      const session = makeSessionId({ next: Math.random });
      const ticket = (await (await negotiate(servers.at(0).url, document, document, session)).json()) as Ticket;
      const socket = new WebSocket(ticket.url, ["json.webpubsub.azure.v1"]);
      sockets.push(socket);
      await once(socket, "message");
    }
    expect(connections.size).toBe(documents.length);
    expect(groups.size).toBeGreaterThanOrEqual(documents.length * 2);
    for (const socket of sockets.splice(0)) (socket as WebSocket).terminate();
    await vi.waitFor(() => expect([connections.size, groups.size]).toEqual([0, 0]), patience);
  });
});
