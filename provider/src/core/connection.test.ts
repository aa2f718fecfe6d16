import { describe, expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";
import { type Connection, type ConnectionEvent, step } from "./connection.ts";
import type { Ticket } from "./ports.ts";

const ticket = { url: "wss://x" } as Ticket;
const idle: Connection = { phase: "idle" };
const negotiating: Connection = { phase: "negotiating", attempt: 2 };
const dialing: Connection = { phase: "dialing", attempt: 2, ticket };
const joining: Connection = { phase: "joining", attempt: 2, ticket };
const online: Connection = { phase: "online", attempt: 2, ticket };
const recovering: Connection = { phase: "recovering", attempt: 2, ticket, ready: true };
const waiting: Connection = { phase: "waiting", attempt: 3, reason: "lost" };
const refused: Connection = { phase: "refused", reason: "forbidden" };
const all = [idle, negotiating, dialing, joining, online, recovering, waiting, refused];
const closed: ConnectionEvent = { type: "closed", reason: "lost" };

type Row = readonly [
  rule: string,
  from: Connection,
  event: ConnectionEvent,
  next: Connection,
  effects: readonly string[],
];
const fresh: Connection = { phase: "negotiating", attempt: 0 };
const unreachable = { kind: "unreachable", message: "lost", retryAfterMs: 900 } as const;
const rows: readonly Row[] = [
  ["CN1 connect negotiates", idle, { type: "connect" }, fresh, ["negotiate"]],
  ["CN3 connect ends a wait", waiting, { type: "connect" }, fresh, ["negotiate"]],
  ["CN4 connect ends a refusal", refused, { type: "connect" }, fresh, ["negotiate"]],
  ["CN3 waking ends a wait", waiting, { type: "wake" }, fresh, ["negotiate"]],
  ["CN4 waking does not end a refusal", refused, { type: "wake" }, refused, []],
  ["CN3 a wait's end keeps the count", waiting, { type: "retry" }, { phase: "negotiating", attempt: 3 }, ["negotiate"]],
  ["CN1 a ticket is dialed", negotiating, { type: "negotiated", ticket }, dialing, ["dial"]],
  ["CN1 a late ticket is not", idle, { type: "negotiated", ticket }, idle, []],
  ["CN3 an unreachable server", negotiating, { type: "negotiate-failed", failure: unreachable }, waiting, ["wait"]],
  [
    "CN4 a refused ticket is final",
    negotiating,
    { type: "negotiate-failed", failure: { kind: "refused", message: "no", code: "forbidden" } },
    refused,
    [],
  ],
  [
    "CN4 another generation asks for a reload",
    negotiating,
    { type: "negotiate-failed", failure: { kind: "generation-changed", message: "", generation: 2 } },
    { phase: "refused", reason: "generation-changed" },
    ["reload"],
  ],
  [
    "CN9 a copy of another user asks for a reload",
    negotiating,
    { type: "negotiate-failed", failure: { kind: "user-changed", message: "" } },
    { phase: "refused", reason: "user-changed" },
    ["reload"],
  ],
  ["CN2 connected is the join", dialing, { type: "joined" }, joining, ["join"]],
  ["CN2 a new connection of a link joins anew", online, { type: "joined" }, joining, ["join"]],
  ["SY1 the log makes it online", joining, { type: "ready" }, online, []],
  ["CN3 a steady link forgets attempts", online, { type: "steady" }, { ...online, attempt: 0 }, []],
  ["CN5 recovery is tolerated", online, { type: "interrupted" }, recovering, []],
  ["CN5 resumed", recovering, { type: "resumed" }, online, ["resume"]],
  ["CN5 resumed before the log", { ...recovering, ready: false }, { type: "resumed" }, joining, ["resume"]],
  ["CN5 a refused recovery joins anew", recovering, { type: "joined" }, joining, ["join"]],
  ["CN3 a failed dial waits", dialing, closed, waiting, ["wait"]],
  ["CN3 a lost link waits", online, closed, waiting, ["wait"]],
  ["CN6 a closed link that nobody has", waiting, closed, waiting, []],
  ["disconnect closes", online, { type: "disconnect" }, idle, ["close"]],
  ["disconnect while waiting", waiting, { type: "disconnect" }, idle, []],
];

describe("connection", () => {
  test.each(rows)("%s", (_rule, from, event, next, effects) => {
    const made = step(from, event);
    expect(made.next).toEqual(next);
    expect(made.effects.map(({ type }) => type)).toEqual(effects);
  });

  test("CN4 Retry-After is the least wait", () => {
    const { effects } = step(negotiating, { type: "negotiate-failed", failure: unreachable });
    expect(effects).toEqual([{ type: "wait", attempt: 2, notBeforeMs: 900 }]);
  });

  test("connect changes nothing while something is under way", () => {
    for (const connection of [negotiating, dialing, joining, online, recovering]) {
      expect(step(connection, { type: "connect" })).toEqual({ next: connection, effects: [] });
    }
  });

  test("disconnect always ends at idle", () => {
    for (const connection of all) expect(step(connection, { type: "disconnect" }).next).toEqual(idle);
  });
});

test("CN3 back-off is full jitter below a doubling bound", () => {
  const range = { msFirst: 300, msMax: 30_000 };
  expect([0, 1, 2, 6, 7, 500].map((attempt) => backoffMs({ next: () => 0.5 }, attempt, range))).toEqual([
    150, 300, 600, 9_600, 15_000, 15_000,
  ]);
  expect(backoffMs({ next: () => 0 }, 9, range)).toBe(0);
});
