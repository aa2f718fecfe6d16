import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type DocumentId,
  type Failure,
  type Server,
  ServerFailure,
  type SessionId,
  type SnapshotRef,
} from "../core/ports.ts";
import { systemClock } from "./clock.ts";
import { portLimits } from "./limits.ts";
import { serverApi } from "./server-api.ts";

const document = "board" as DocumentId;
const session = "AAAAAAAAAAAAAAAA" as SessionId;
const batch = { session, upload: 1, seqTo: 1, announce: false, adoption: false, update: Uint8Array.of(0, 0) };

describe("what the server's refusals mean", () => {
  let http: HttpServer;
  let server: Server;
  let answer = { status: 200, body: "", headers: {} as Record<string, string> };

  beforeAll(async () => {
    http = createServer((_request, response) => {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const base = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/collab`);
    server = serverApi(base, systemClock(), { headers: {}, params: {}, credentials: "same-origin" });
  });
  afterAll(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  const live = () => new AbortController().signal;
  const upload = () => server.upload(document, 3, batch, { keepalive: false }, live());
  const negotiate = () => server.negotiate(document, { session, clientIds: [], generation: 1 }, live());

  async function failing(work: Promise<unknown>): Promise<Failure> {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ServerFailure)) throw new Error(`not a ServerFailure: ${String(error)}`);
    return error.failure;
  }

  const statuses: readonly [number, unknown, Record<string, string>, Failure][] = [
    [401, { code: "no-user", message: "Log in." }, {}, { kind: "refused", code: "no-user", message: "Log in." }],
    [403, { code: "read-only", message: "m" }, {}, { kind: "refused", code: "read-only", message: "m" }],
    [404, { code: "no-document", message: "m" }, {}, { kind: "refused", code: "no-document", message: "m" }],
    [404, { code: "snapshot-gone", message: "m" }, {}, { kind: "cursor-gone", snapshot: null, message: "m" }],
    [409, { code: "upload-conflict", message: "m" }, {}, { kind: "upload-conflict", message: "m" }],
    [409, { code: "upload-stale", message: "m" }, {}, { kind: "upload-conflict", message: "m" }],
    [
      409,
      { code: "missing", message: "m", ranges: [[1, 2, 3]] },
      {},
      { kind: "missing", message: "m", ranges: [{ client: 1, clock: 2, length: 3 }] },
    ],
    [
      409,
      { code: "missing", message: "m", ranges: "all" },
      {},
      { kind: "unreachable", message: "m", retryAfterMs: null },
    ],
    [
      409,
      { code: "missing", message: "m", ranges: [[1, -2, 3]] },
      {},
      { kind: "unreachable", message: "m", retryAfterMs: null },
    ],
    [
      410,
      { code: "cursor-gone", message: "m", snapshot: "s2" },
      {},
      { kind: "cursor-gone", message: "m", snapshot: "s2" as SnapshotRef },
    ],
    [
      410,
      { code: "generation-changed", message: "m", generation: 4 },
      {},
      { kind: "generation-changed", message: "m", generation: 4 },
    ],
    [413, { code: "too-large", message: "m" }, {}, { kind: "invalid", message: "m", code: "too-large" }],
    [422, { code: "update-invalid", message: "m" }, {}, { kind: "invalid", message: "m", code: "update-invalid" }],
    [
      429,
      { code: "slow", message: "m" },
      { "Retry-After": "3" },
      { kind: "unreachable", message: "m", retryAfterMs: 3000 },
    ],
    [500, { code: "x", message: "m" }, {}, { kind: "unreachable", message: "m", retryAfterMs: null }],
    [
      503,
      { code: "store-failed", message: "m" },
      { "Retry-After": "9e9" },
      { kind: "unreachable", message: "m", retryAfterMs: portLimits.retryAfterMsMax },
    ],
    [
      507,
      { code: "store-full", message: "m" },
      { "Retry-After": "60" },
      { kind: "store-full", message: "m", retryAfterMs: 60_000 },
    ],
    [400, { code: "bad-body", message: "m" }, {}, { kind: "invalid", message: "m", code: "bad-body" }],
  ];
  test.each(statuses)("an upload answered %i %j", async (status, body, headers, failure) => {
    answer = { status, body: JSON.stringify(body), headers };
    expect(await failing(upload())).toEqual(failure);
  });

  test("a refusal of negotiate that is no JSON says where to look", async () => {
    answer = { status: 404, body: "<h1>nginx</h1>", headers: {} };
    const failure = await failing(negotiate());
    expect(failure).toMatchObject({ kind: "refused", code: "http-404" });
    expect(failure.message).toContain("collab router is mounted");
  });

  test("a Retry-After may be a date", async () => {
    answer = { status: 503, body: "{}", headers: { "Retry-After": new Date(Date.now() + 60_000).toUTCString() } };
    const failure = await failing(negotiate());
    const wait = failure.kind === "unreachable" ? failure.retryAfterMs : null;
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
  });

  test("a request the server does not understand is final, except that an upload is only invalid", async () => {
    answer = { status: 400, body: '{"code":"bad-document","message":"m"}', headers: {} };
    expect(await failing(negotiate())).toEqual({ kind: "refused", code: "bad-document", message: "m" });
    expect(await failing(upload())).toEqual({ kind: "invalid", code: "bad-document", message: "m" });
  });
});
