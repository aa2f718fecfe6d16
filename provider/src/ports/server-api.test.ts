import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeUpload, encodeLogPage, encodeSnapshot } from "../core/http-body.ts";
import type {
  Cursor,
  DocumentId,
  Failure,
  Instant,
  LogPage,
  Server,
  SessionId,
  SnapshotBody,
  SnapshotRef,
  UserId,
} from "../core/ports.ts";
import { ServerFailure } from "../core/ports.ts";
import { systemClock } from "./clock.ts";
import { portLimits } from "./limits.ts";
import { serverApi } from "./server-api.ts";
import type { ServerApiOptions } from "./server-options.ts";

const document = "notes / ä?&#" as DocumentId;
const session = "AAAAAAAAAAAAAAAA" as SessionId;
const key = Buffer.alloc(32, 7).toString("base64");
const ticket = {
  protocol: 1,
  url: "ws://127.0.0.1:1/client/hubs/collab?access_token=t",
  userId: "ada",
  role: "writer",
  mode: "direct",
  groups: { data: "d1", presence: "p1" },
  generation: 3,
  accessEpoch: 2,
  head: "c9",
  snapshot: "s1",
  serverKey: key,
  clash: [5],
  limits: { uploadBytes: 1_000_000 },
};
const receipt = {
  generation: 3,
  session,
  upload: 2,
  hash: Buffer.alloc(32, 1).toString("base64url"),
  cursor: "c10",
  seqTo: 4,
  signature: Buffer.alloc(64, 2).toString("base64"),
};
const batch = { session, upload: 2, seqTo: 4, announce: true, adoption: false, update: Uint8Array.of(0, 0) };

interface Seen {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

describe("the server over fetch", () => {
  let http: HttpServer;
  let seen: Seen[];
  let answer: (response: ServerResponse, asked: Seen) => void;

  beforeEach(async () => {
    seen = [];
    http = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const asked = { request, body: Buffer.concat(parts) };
      seen.push(asked);
      answer(response, asked);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  const base = () => new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/collab/`);
  const live = () => new AbortController().signal;
  function api(options: Partial<ServerApiOptions> = {}): Server {
    return serverApi(base(), systemClock(), { headers: {}, params: {}, credentials: "same-origin", ...options });
  }
  const json = (status: number, body: unknown, headers: Record<string, string> = {}) => {
    answer = (response) => response.writeHead(status, headers).end(JSON.stringify(body));
  };
  const bytes = (body: Uint8Array) => {
    answer = (response) => response.writeHead(200).end(body);
  };
  const query = (at: number) => new URL(seen[at]?.request.url ?? "", base()).searchParams;

  async function failing(work: Promise<unknown>): Promise<Failure> {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ServerFailure)) throw new Error(`not a ServerFailure: ${String(error)}`);
    return error.failure;
  }

  test("negotiate sends the session's card and decodes the ticket", async () => {
    json(200, ticket);
    const got = await api().negotiate(document, { session, clientIds: [1, 2], generation: null }, live());
    expect(got).toMatchObject({ userId: "ada", role: "writer", groups: { data: "d1", presence: "p1" }, head: "c9" });
    expect([...got.serverKey]).toEqual(Array(32).fill(7));
    expect(got.uploadBytesMax).toBe(1_000_000);
    expect(seen[0]?.request.method).toBe("POST");
    expect(seen[0]?.request.url).toBe("/collab/negotiate");
    expect(JSON.parse(String(seen[0]?.body))).toEqual({ protocol: 1, document, session, clientIds: [1, 2] });
  });

  test("an upload is the frozen body of DU2, its receipt comes back whole", async () => {
    json(200, receipt);
    const got = await api().upload(document, 3, batch, { keepalive: true }, live());
    expect(got).toMatchObject({ generation: 3, session, upload: 2, cursor: "c10", seqTo: 4 });
    expect([got.hash.length, got.signature.length]).toEqual([32, 64]);
    expect(seen[0]?.request.headers["content-type"]).toBe("application/octet-stream");
    expect([query(0).get("document"), query(0).get("generation")]).toEqual([document, "3"]);
    expect(decodeUpload(new Uint8Array(seen[0]?.body ?? []))).toEqual({ ok: true, value: batch });
  });

  test("log and snapshot are read from their binary bodies", async () => {
    const page: LogPage = {
      generation: 3,
      head: "c2" as Cursor,
      next: "c2" as Cursor,
      more: false,
      entries: [
        {
          cursor: "c2" as Cursor,
          session,
          userId: "ada" as UserId,
          upload: 1,
          seqTo: 1,
          owners: [{ client: 1, userId: "ada" as UserId }],
          update: Uint8Array.of(0, 0),
        },
      ],
      sessions: [{ session, seq: 1 }],
    };
    bytes(encodeLogPage(page));
    expect(await api().log(document, 3, "c1" as Cursor, live())).toEqual(page);
    expect(query(0).get("after")).toBe("c1");

    const snapshot: SnapshotBody = {
      generation: 3,
      cursor: "c1" as Cursor,
      hash: new Uint8Array(32),
      coverage: Uint8Array.of(0, 0),
      claims: [],
      sessions: [],
      payload: Uint8Array.of(1, 2, 3),
    };
    bytes(encodeSnapshot(snapshot));
    expect(await api().snapshot(document, "s1" as SnapshotRef, live())).toEqual(snapshot);
    expect(query(1).get("ref")).toBe("s1");
  });

  test("head sends the digest and reads the state", async () => {
    json(200, { generation: 3, cursor: "c9", match: false, state: "AQI=" });
    const got = await api().head(document, 3, "c9" as Cursor, Uint8Array.of(251, 255), live());
    expect({ ...got, state: [...(got.state ?? [])] }).toEqual({
      generation: 3,
      cursor: "c9",
      match: false,
      state: [1, 2],
    });
    expect(query(0).get("digest")).toBe("-_8");
  });

  test("a ticket of another shape is unreachable, with the reason", async () => {
    json(200, { ...ticket, role: "admin" });
    const failure = await failing(api().negotiate(document, { session, clientIds: [], generation: null }, live()));
    expect(failure).toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("role is missing or misshapen"),
    });
  });

  test("binary bodies that lie are unreachable too, and JSON that is none", async () => {
    bytes(Uint8Array.of(1, 255, 255, 255, 255, 255, 255, 255, 255, 255));
    expect((await failing(api().log(document, 3, "" as Cursor, live()))).kind).toBe("unreachable");
    expect((await failing(api().snapshot(document, "s" as SnapshotRef, live()))).kind).toBe("unreachable");
    expect((await failing(api().head(document, 3, "" as Cursor, new Uint8Array(32), live()))).kind).toBe("unreachable");
  });

  test("headers and params are asked for again on each request", async () => {
    json(200, ticket);
    let turn = 0;
    const server = api({
      headers: async () => ({ Authorization: `Bearer ${++turn}` }),
      params: () => ({ tenant: `t${turn}`, document: "never this one" }),
    });
    const card = { session, clientIds: [], generation: null };
    await server.negotiate(document, card, live());
    await failing(server.head(document, 3, "" as Cursor, new Uint8Array(32), live()));
    expect(seen.map(({ request }) => request.headers.authorization)).toEqual(["Bearer 1", "Bearer 2"]);
    expect(query(1).get("tenant")).toBe("t1");
    expect(query(1).get("document")).toBe(document);
  });

  test("a headers function that fails is a failed request, not a crash", async () => {
    const server = api({ headers: () => Promise.reject(new Error("no token yet")) });
    const failure = await failing(server.negotiate(document, { session, clientIds: [], generation: null }, live()));
    expect(failure).toMatchObject({ kind: "unreachable", message: expect.stringContaining("no token yet") });
  });

  test("an answer larger than any honest one is given up", async () => {
    answer = (response) => {
      response.writeHead(500);
      const block = Buffer.alloc(1 << 20);
      const more = (): void => {
        if (!response.destroyed) response.write(block, more);
      };
      response.on("error", () => undefined);
      more();
    };
    const failure = await failing(api().negotiate(document, { session, clientIds: [], generation: null }, live()));
    expect(failure.message).toContain("larger than");
  });

  test("a `params` or `headers` function that never answers is given up at the deadline too", async () => {
    const clock = {
      now: () => 0 as Instant,
      after(_delayMs: number, due: () => void) {
        setImmediate(due);
        return () => undefined;
      },
    };
    const never = (): Promise<Record<string, string>> => new Promise(() => undefined);
    for (const hung of [
      { params: never, headers: {} },
      { params: {}, headers: never },
    ]) {
      const stuck = serverApi(base(), clock, { ...hung, credentials: "same-origin" });
      const failure = await failing(stuck.negotiate(document, { session, clientIds: [], generation: null }, live()));
      expect(failure.message).toContain("within 15 s");
    }
    expect(seen).toEqual([]);
  });

  test("a server that says nothing is unreachable at the deadline, an aborted request at once", async () => {
    answer = () => undefined;
    let fire: () => void = () => undefined;
    const clock = {
      now: () => 0 as Instant,
      after(delayMs: number, due: () => void) {
        expect(delayMs).toBe(portLimits.requestMsMax);
        fire = due;
        return () => undefined;
      },
    };
    const slow = serverApi(base(), clock, { headers: {}, params: {}, credentials: "same-origin" });
    const waiting = failing(slow.negotiate(document, { session, clientIds: [], generation: null }, live()));
    await expect.poll(() => seen.length).toBe(1);
    fire();
    expect((await waiting).message).toContain("within 15 s");

    const giveUp = new AbortController();
    const given = failing(api().negotiate(document, { session, clientIds: [], generation: null }, giveUp.signal));
    giveUp.abort();
    expect((await given).message).toContain("given up");
    expect((await failing(api().log(document, 3, "" as Cursor, AbortSignal.abort()))).message).toContain("given up");
  });

  test("a server that is not there is unreachable, with the socket's word", async () => {
    const nowhere = serverApi(new URL("http://127.0.0.1:1/collab"), systemClock(), {
      headers: {},
      params: {},
      credentials: "same-origin",
    });
    const failure = await failing(nowhere.negotiate(document, { session, clientIds: [], generation: null }, live()));
    expect(failure).toMatchObject({ kind: "unreachable", retryAfterMs: null });
    expect(failure.message).toMatch(/could not be reached: .+/);
  });
});
