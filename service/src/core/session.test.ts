import { describe, expect, test } from "vitest";
import { Message } from "./message.ts";
import { Session } from "./session.ts";

function message(text: string): Message {
  return new Message({ from: "server" }, { dataType: "text", literal: JSON.stringify(text) });
}

function pending(session: Session, now = 0): string[] {
  const found: string[] = [];
  session.replay(now, (item, sequenceId) => found.push(`${sequenceId}:${item.literal}`));
  return found;
}

describe("Session", () => {
  test("numbers start at 1 and have no gaps", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    expect([session.push(message("a"), 1, 0), session.push(message("b"), 1, 0)]).toEqual([1, 2]);
    session.acknowledge(2);
    expect(session.push(message("c"), 1, 0)).toBe(3);
  });

  test("replay gives the unacknowledged with their old numbers, in order", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    for (const text of ["a", "b", "c"]) session.push(message(text), 1, 0);
    session.acknowledge(1);
    expect(pending(session)).toEqual(['2:"b"', '3:"c"']);
  });

  test("acknowledging is cumulative; old and never-sent numbers do no harm", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    for (const text of ["a", "b", "c"]) session.push(message(text), 1, 0);
    session.acknowledge(2);
    session.acknowledge(1);
    expect(session.unacked).toBe(1);
    session.acknowledge(99);
    expect(session.unacked).toBe(0);
    expect(session.push(message("d"), 1, 0)).toBe(4);
    expect(pending(session)).toEqual(['4:"d"']);
  });

  test("the ring wraps and grows without losing order", () => {
    const session = new Session({ messagesMax: 100, bytesMax: 10_000 });
    let sent = 0;
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 7; i++) expect(session.push(message(String(sent)), 1, 0)).toBe(++sent);
      session.acknowledge(sent - 5);
      expect(pending(session)).toEqual([4, 3, 2, 1, 0].map((back) => `${sent - back}:"${sent - back - 1}"`));
    }
  });

  test("is full at either bound, and usable again after an acknowledgement", () => {
    const byCount = new Session({ messagesMax: 2, bytesMax: 1_000 });
    byCount.push(message("a"), 1, 0);
    byCount.push(message("b"), 1, 0);
    expect(byCount.push(message("c"), 1, 0)).toBe("full");
    byCount.acknowledge(1);
    expect(byCount.push(message("c"), 1, 0)).toBe(3);
    const byBytes = new Session({ messagesMax: 10, bytesMax: 100 });
    expect(byBytes.push(message("a"), 60, 0)).toBe(1);
    expect(byBytes.push(message("b"), 41, 0)).toBe("full");
    byBytes.acknowledge(1);
    expect(byBytes.push(message("b"), 100, 0)).toBe(2);
  });
});

describe("Session: messages that expire", () => {
  const mortal = (text: string, expiresAt: number) =>
    new Message({ from: "server" }, { dataType: "text", literal: JSON.stringify(text) }, expiresAt);

  test("an expired message is not repeated; the others keep their numbers", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    session.push(mortal("a", 50), 1, 0);
    session.push(message("b"), 1, 0);
    session.push(mortal("c", 60), 1, 0);
    expect(pending(session, 49)).toEqual(['1:"a"', '2:"b"', '3:"c"']);
    expect(pending(session, 50)).toEqual(['2:"b"', '3:"c"']);
    expect(session.push(message("d"), 1, 60)).toBe(4);
    expect(pending(session, 60)).toEqual(['2:"b"', '4:"d"']);
    session.acknowledge(3);
    expect(pending(session, 60)).toEqual(['4:"d"']);
  });

  test("what has expired takes no place of the bounds, in messages and in bytes", () => {
    const session = new Session({ messagesMax: 3, bytesMax: 10 });
    for (let i = 0; i < 3; i++) session.push(mortal("a", 50), 3, 0);
    expect(session.push(message("b"), 1, 49)).toBe("full");
    expect(session.push(message("c"), 10, 50)).toBe(4);
    expect(session.push(message("d"), 1, 50)).toBe("full");
    session.acknowledge(4);
    expect(session.unacked).toBe(0);
    expect(session.push(message("e"), 10, 50)).toBe(5);
  });
});
