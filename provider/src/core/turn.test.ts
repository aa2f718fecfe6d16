import { expect, test } from "vitest";
import { Scope, Turn } from "./turn.ts";

test("tasks run one after another, and none of a scope once it is closed", () => {
  const ran: string[] = [];
  const turn = new Turn(() => undefined);
  const session = new Scope(turn);
  const visit = new Scope(session);
  turn.post(() => {
    visit.post(() => ran.push("visit"));
    session.post(() => {
      ran.push("session");
      visit.post(() => ran.push("of a closed scope"));
      session.close();
    });
    session.post(() => ran.push("after its end"));
    turn.post(() => ran.push("turn"));
    ran.push("first");
  });
  visit.post(() => ran.push("late"));
  expect(ran).toEqual(["first", "visit", "session", "turn"]);
});
