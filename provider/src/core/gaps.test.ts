import { expect, test } from "vitest";
import { Gaps } from "./gaps.ts";
import { syncLimits } from "./limits.ts";
import type { SessionId } from "./ports.ts";
import { makeSessionId } from "./session-id.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const random = new SeededRandom(3);
const own = makeSessionId(random);
const peer = makeSessionId(random);

test("SY8 a jump is a gap until the frames between came, in any order", () => {
  const gaps = new Gaps(own);
  gaps.add(peer, 1, 1);
  gaps.add(peer, 5, 6);
  gaps.add(peer, 3, 3);
  expect(gaps.open()).toEqual([
    { session: peer, seqFrom: 2, seqTo: 2 },
    { session: peer, seqFrom: 4, seqTo: 4 },
  ]);
  gaps.add(peer, 2, 2);
  expect(gaps.seen(peer, 3)).toBe(true);
  expect(gaps.seen(peer, 5)).toBe(false);
  gaps.add(peer, 3, 4);
  expect(gaps.open()).toEqual([]);
  expect(gaps.seen(peer, 6)).toBe(true);
  expect(gaps.seen(peer, 7)).toBe(false);
});

test("SY8 a tail ahead of what was seen is a gap; SY2 the log's baseline closes it", () => {
  const gaps = new Gaps(own);
  gaps.hint(peer, 3);
  expect(gaps.open()).toEqual([{ session: peer, seqFrom: 1, seqTo: 3 }]);
  expect(gaps.openCount).toBe(1);
  gaps.baseline([{ session: peer, seq: 3 }]);
  expect(gaps.openCount).toBe(0);
});

test("SY8 what a session that has left never uploaded is given up; what it says again is not", () => {
  const gaps = new Gaps(own);
  const stays = "stays" as SessionId;
  for (const session of [peer, stays]) gaps.hint(session, 3);
  gaps.add(peer, 3, 3);
  gaps.giveUp((session) => session === stays);
  expect(gaps.open()).toEqual([{ session: stays, seqFrom: 1, seqTo: 3 }]);
  gaps.hint(peer, 3);
  expect(gaps.openCount).toBe(2);
});

test("SY8 the own session is not watched, and sessions and disorder are bounded", () => {
  const gaps = new Gaps(own);
  gaps.hint(own, 9);
  expect(gaps.openCount).toBe(0);
  for (let seq = 3; seq < 3 + syncLimits.outOfOrderMax * 4; seq += 2) gaps.add(peer, seq, seq);
  expect(gaps.open().length).toBeLessThanOrEqual(syncLimits.outOfOrderMax + 1);
  for (let at = 0; at < syncLimits.sessionsMax + 50; at++) gaps.add(`session-${at}` as SessionId, 1, 1);
  expect(gaps.knows(peer)).toBe(true);
  expect(gaps.knows("session-0" as SessionId)).toBe(false);
});
