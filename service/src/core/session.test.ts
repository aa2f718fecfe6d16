import { describe, expect, test } from "vitest";
import { UnnumberedFrame } from "./numbered-frame.ts";
import { runOf } from "./run.ts";
import { Session } from "./session.ts";

class TextFrame extends UnnumberedFrame {
  readonly text: string;

  constructor(text: string, bytes: number) {
    super(Buffer.alloc(bytes), false);
    this.text = text;
  }

  override numberBytes = () => 1;
  override headBytes = () => 1;
  override writeStart = () => undefined;
  override writeNumber = () => undefined;
}

/** As a connection does it, a turn for each message. */
function push(session: Session, text: string, bytes = 1, expiresAt?: number): number {
  const sequenceId = session.number(bytes, expiresAt);
  session.keep(runOf([new TextFrame(text, bytes)], [expiresAt]), sequenceId);
  return sequenceId;
}

/** All of them in one turn. */
function pushTurn(session: Session, texts: readonly string[], bytes = 1): void {
  const numbers = texts.map(() => session.number(bytes, undefined));
  session.keep(
    runOf(
      texts.map((text) => new TextFrame(text, bytes)),
      undefined,
    ),
    numbers[0] ?? 0,
  );
}

function pending(session: Session, now = 0): string[] {
  const found: string[] = [];
  session.replay(now, (frame, sequenceId) => {
    if (frame instanceof TextFrame) found.push(`${sequenceId}:${frame.text}`);
  });
  return found;
}

describe("Session", () => {
  test("numbers start at 1 and have no gaps", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    expect([push(session, "a"), push(session, "b")]).toEqual([1, 2]);
    session.acknowledge(2);
    expect(push(session, "c")).toBe(3);
  });

  test("replay gives the unacknowledged with their old numbers, in order", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    for (const text of ["a", "b", "c"]) push(session, text);
    session.acknowledge(1);
    expect(pending(session)).toEqual(["2:b", "3:c"]);
  });

  test("acknowledging is cumulative; old and never-given numbers do no harm", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    for (const text of ["a", "b", "c"]) push(session, text);
    session.acknowledge(2);
    session.acknowledge(1);
    expect(session.unacked).toBe(1);
    session.acknowledge(99);
    expect(session.unacked).toBe(0);
    expect(push(session, "d")).toBe(4);
    expect(pending(session)).toEqual(["4:d"]);
  });

  test("a turn's messages can be acknowledged one by one", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 100 });
    pushTurn(session, ["a", "b", "c", "d"], 10);
    pushTurn(session, ["e", "f"], 10);
    session.acknowledge(1);
    session.acknowledge(3);
    session.acknowledge(2);
    expect([session.unacked, pending(session)]).toEqual([3, ["4:d", "5:e", "6:f"]]);
    expect([session.hasRoomFor(1, 70), session.hasRoomFor(1, 71)]).toEqual([true, false]);
    session.acknowledge(5);
    expect([session.unacked, pending(session)]).toEqual([1, ["6:f"]]);
    expect([session.hasRoomFor(1, 90), session.hasRoomFor(1, 91)]).toEqual([true, false]);
    session.acknowledge(6);
    expect([session.unacked, session.hasRoomFor(1, 100)]).toEqual([0, true]);
  });

  test("large messages at the front of a turn are let go one by one, and the rest keeps its numbers", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000_000 });
    pushTurn(session, ["a", "b", "c", "d"], 50_000);
    for (const [acknowledged, left] of [
      [1, ["2:b", "3:c", "4:d"]],
      [2, ["3:c", "4:d"]],
      [3, ["4:d"]],
    ] as const) {
      session.acknowledge(acknowledged);
      expect(pending(session)).toEqual(left);
      expect(session.hasRoomFor(1, 1_000_001 - left.length * 50_000)).toBe(false);
    }
    session.acknowledge(4);
    expect(session.hasRoomFor(1, 1_000_000)).toBe(true);
  });

  test("many turns go by without losing order", () => {
    const session = new Session({ messagesMax: 100, bytesMax: 10_000 });
    let sent = 0;
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 7; i++) expect(push(session, String(sent))).toBe(++sent);
      session.acknowledge(sent - 5);
      expect(pending(session)).toEqual([4, 3, 2, 1, 0].map((back) => `${sent - back}:${sent - back - 1}`));
    }
  });

  test("is full at either bound, and usable again after an acknowledgement", () => {
    const byCount = new Session({ messagesMax: 2, bytesMax: 1_000 });
    push(byCount, "a");
    push(byCount, "b");
    expect(byCount.hasRoomFor(1, 1)).toBe(false);
    byCount.acknowledge(1);
    expect(byCount.hasRoomFor(1, 1)).toBe(true);
    const byBytes = new Session({ messagesMax: 10, bytesMax: 100 });
    push(byBytes, "a", 60);
    expect([byBytes.hasRoomFor(1, 40), byBytes.hasRoomFor(1, 41)]).toEqual([true, false]);
    byBytes.acknowledge(1);
    expect(byBytes.hasRoomFor(1, 100)).toBe(true);
  });

  test("has room for several messages only when all of them fit, in number and in bytes", () => {
    const session = new Session({ messagesMax: 4, bytesMax: 100 });
    push(session, "a", 40);
    expect([session.hasRoomFor(3, 60), session.hasRoomFor(4, 60), session.hasRoomFor(3, 61)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("what has a number counts before it is kept", () => {
    const session = new Session({ messagesMax: 1, bytesMax: 1_000 });
    session.number(1, undefined);
    expect(session.hasRoomFor(1, 1)).toBe(false);
  });
});

describe("Session: messages that expire", () => {
  test("an expired message is not repeated; the others keep their numbers", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    push(session, "a", 1, 50);
    push(session, "b");
    push(session, "c", 1, 60);
    expect(pending(session, 49)).toEqual(["1:a", "2:b", "3:c"]);
    expect(pending(session, 50)).toEqual(["2:b", "3:c"]);
    expect(push(session, "d")).toBe(4);
    expect(pending(session, 60)).toEqual(["2:b", "4:d"]);
    session.acknowledge(3);
    expect(pending(session, 60)).toEqual(["4:d"]);
  });

  test("what has expired takes no place of the bounds, in messages and in bytes", () => {
    const session = new Session({ messagesMax: 3, bytesMax: 10 });
    for (let i = 0; i < 3; i++) push(session, "a", 3, 50);
    session.dropExpired(49);
    expect(session.hasRoomFor(1, 1)).toBe(false);
    session.dropExpired(50);
    expect(session.hasRoomFor(1, 10)).toBe(true);
    expect(push(session, "c", 10)).toBe(4);
    session.dropExpired(50);
    expect(session.hasRoomFor(1, 1)).toBe(false);
    session.acknowledge(4);
    expect(session.unacked).toBe(0);
    expect(push(session, "e", 10)).toBe(5);
  });
});
