import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { limits } from "../limits.ts";
import { decodeDraft, encodeDraft } from "./draft-message.ts";
import { DraftSender, RemoteDrafts } from "./drafts.ts";

const style = { color: "red", size: "l", fill: "soft", dash: "dashed", opacity: "faint" } as const;
const PLAIN = { measured: false, highlight: false };
const points = Array.from({ length: 30 }, (_, index) => ({ x: index * 3, y: (index * index) % 17, pressure: 0.5 }));

describe("draft messages", () => {
  test("come back as they were", () => {
    const ink = {
      kind: "ink",
      id: "abc_-9",
      author: 4_000_000_000,
      style,
      first: 7,
      measured: false,
      highlight: false,
      points,
    } as const;
    const box = { kind: "ellipse", id: "abc", author: 1, style, box: [-10.5, 3, 40, 0] } as const;
    const cancel = { kind: "cancel", id: "abc", author: 1 } as const;
    const marked = { ...ink, highlight: true, style: { ...style, opacity: "half", dash: "solid" } } as const;
    const diamond = { ...box, kind: "diamond" } as const;
    const arrow = { kind: "arrow", id: "abc", author: 1, style, from: { x: 5, y: -3 }, to: { x: -4.5, y: 9 } } as const;
    for (const message of [ink, marked, box, diamond, arrow, cancel])
      expect(decodeDraft(encodeDraft(message))).toEqual(message);
  });

  test("three new points of a stroke cost about 30 bytes", () => {
    const bytes = encodeDraft({
      kind: "ink",
      id: "abcdefghijkl",
      author: 1,
      style,
      first: 0,
      measured: false,
      highlight: false,
      points: points.slice(0, 3),
    });
    expect(bytes.length).toBeLessThanOrEqual(36);
  });

  test("any bytes decode to a draft or to nothing, and never throw", () => {
    const start = fc.constantFrom([1, 0], [1, 1], [1, 2], [1, 3], [1, 4], [1, 6], [9, 0]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
        const message = decodeDraft(Uint8Array.from([...head, ...rest]));
        if (message) expect(message.id).toMatch(/^[A-Za-z0-9_-]{1,32}$/);
      }),
      { numRuns: 1_000 },
    );
    expect(decodeDraft(new Uint8Array(limits.draftMessageBytesMax + 1))).toBeNull();
  });
});

describe("others' drafts", () => {
  const part = (id: string, first: number, count: number): Uint8Array =>
    encodeDraft({
      kind: "ink",
      id,
      author: 5,
      style,
      first,
      measured: false,
      highlight: false,
      points: points.slice(first, first + count),
    });
  const here = new Set([5]);

  test("grow by new points; a repeated message changes nothing, a lost one leaves a straight piece", () => {
    const drafts = new RemoteDrafts(() => false);
    drafts.receive("ada", part("one", 0, 10), 0);
    drafts.receive("ada", part("one", 10, 5), 1);
    drafts.receive("ada", part("one", 10, 5), 2);
    expect(drafts.view()).toMatchObject([{ id: "one", points: { length: 15 } }]);
    drafts.receive("ada", part("one", 20, 5), 3);
    expect(drafts.view()).toMatchObject([{ points: { length: 20 } }]);
  });

  test("go when the shape arrives, the author leaves, nobody continues, or they are cancelled", () => {
    let arrived = false;
    const drafts = new RemoteDrafts(() => arrived);
    drafts.receive("ada", part("one", 0, 3), 0);
    drafts.prune(here, limits.draftIdleMs - 1);
    expect(drafts.view()).toHaveLength(1);
    drafts.prune(here, limits.draftIdleMs);
    expect(drafts.view()).toHaveLength(0);
    drafts.receive("ada", part("two", 0, 3), 0);
    drafts.prune(new Set(), 1);
    expect(drafts.view()).toHaveLength(0);
    drafts.receive("ada", part("three", 0, 3), 0);
    expect(drafts.receive("ada", encodeDraft({ kind: "cancel", id: "three", author: 5 }), 1)).toBe(true);
    expect(drafts.view()).toHaveLength(0);
    drafts.receive("ada", part("four", 0, 3), 0);
    arrived = true;
    drafts.prune(here, 1);
    expect(drafts.view()).toHaveLength(0);
    expect(drafts.receive("ada", part("four", 3, 3), 2)).toBe(false);
  });

  test("nobody can continue or cancel another one's draft, or fill the board with drafts", () => {
    const drafts = new RemoteDrafts(() => false);
    drafts.receive("ada", part("one", 0, 3), 0);
    expect(drafts.receive("eve", part("one", 3, 3), 1)).toBe(false);
    expect(drafts.receive("eve", encodeDraft({ kind: "cancel", id: "one", author: 5 }), 1)).toBe(false);
    for (let index = 0; index < 100; index += 1) drafts.receive("eve", part(`eve-${index}`, 0, 3), 2);
    expect(drafts.view()).toHaveLength(1 + limits.draftsPerSenderMax);
    for (let index = 0; index < 1_000; index += 1) drafts.receive(`sender-${index}`, part(`draft-${index}`, 0, 3), 3);
    expect(drafts.view()).toHaveLength(limits.draftsMax);
  });
});

describe("DraftSender", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("sends only new points, at its pace, and nothing after the end", () => {
    const sent: Uint8Array[] = [];
    const sender = new DraftSender(
      (bytes) => sent.push(bytes),
      5,
      () => 50,
    );
    sender.begin();
    for (let count = 1; count <= 20; count += 1) sender.ink("one", style, points.slice(0, count), PLAIN);
    vi.advanceTimersByTime(50);
    sender.ink("one", style, points.slice(0, 25), PLAIN);
    vi.advanceTimersByTime(50);
    sender.ink("one", style, points, PLAIN);
    sender.end();
    vi.advanceTimersByTime(500);
    expect(sent.map(decodeDraft)).toMatchObject([
      { first: 0, points: { length: 20 } },
      { first: 20, points: { length: 5 } },
    ]);
    sender.dispose();
  });
});
