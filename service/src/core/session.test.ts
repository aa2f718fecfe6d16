import { describe, expect, test } from "vitest";
import { Message } from "./message.ts";
import { Session } from "./session.ts";

function message(text: string): Message {
  return new Message({ from: "server" }, { dataType: "text", literal: JSON.stringify(text) });
}

function pending(session: Session): string[] {
  const found: string[] = [];
  session.replay((item, sequenceId) => found.push(`${sequenceId}:${item.payload.literal}`));
  return found;
}

describe("Session", () => {
  test("numbers start at 1 and have no gaps", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    expect([session.push(message("a"), 1), session.push(message("b"), 1)]).toEqual([1, 2]);
    session.acknowledge(2);
    expect(session.push(message("c"), 1)).toBe(3);
  });

  test("replay gives the unacknowledged with their old numbers, in order", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    for (const text of ["a", "b", "c"]) session.push(message(text), 1);
    session.acknowledge(1);
    expect(pending(session)).toEqual(['2:"b"', '3:"c"']);
  });

  test("acknowledging is cumulative; old and never-sent numbers do no harm", () => {
    const session = new Session({ messagesMax: 10, bytesMax: 1_000 });
    for (const text of ["a", "b", "c"]) session.push(message(text), 1);
    session.acknowledge(2);
    session.acknowledge(1);
    expect(session.unacked).toBe(1);
    session.acknowledge(99);
    expect(session.unacked).toBe(0);
    expect(session.push(message("d"), 1)).toBe(4);
    expect(pending(session)).toEqual(['4:"d"']);
  });

  test("the ring wraps and grows without losing order", () => {
    const session = new Session({ messagesMax: 100, bytesMax: 10_000 });
    let sent = 0;
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 7; i++) expect(session.push(message(String(sent)), 1)).toBe(++sent);
      session.acknowledge(sent - 5);
      expect(pending(session)).toEqual([4, 3, 2, 1, 0].map((back) => `${sent - back}:"${sent - back - 1}"`));
    }
  });

  test("is full at either bound, and usable again after an acknowledgement", () => {
    const byCount = new Session({ messagesMax: 2, bytesMax: 1_000 });
    byCount.push(message("a"), 1);
    byCount.push(message("b"), 1);
    expect(byCount.push(message("c"), 1)).toBe("full");
    byCount.acknowledge(1);
    expect(byCount.push(message("c"), 1)).toBe(3);
    const byBytes = new Session({ messagesMax: 10, bytesMax: 100 });
    expect(byBytes.push(message("a"), 60)).toBe(1);
    expect(byBytes.push(message("b"), 41)).toBe("full");
    byBytes.acknowledge(1);
    expect(byBytes.push(message("b"), 100)).toBe(2);
  });
});
