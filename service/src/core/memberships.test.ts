import { expect, test } from "vitest";
import { Group } from "./group.ts";
import { Memberships } from "./memberships.ts";

const [a, b, c] = [new Group("a"), new Group("b"), new Group("c")];

test("none, one and many groups are the same to whoever asks", () => {
  const memberships = new Memberships();
  expect([memberships.size, memberships.has(a), memberships.place(a), memberships.groups()]).toEqual([
    0,
    false,
    undefined,
    [],
  ]);
  memberships.put(a, 3);
  expect([memberships.size, memberships.place(a), memberships.place(b), memberships.groups()]).toEqual([
    1,
    3,
    undefined,
    [a],
  ]);
  memberships.put(a, 4);
  memberships.put(b, 5);
  memberships.put(c, 6);
  memberships.put(b, 7);
  expect([memberships.size, memberships.groups()]).toEqual([3, [a, b, c]]);
  expect([a, b, c].map((group) => memberships.place(group))).toEqual([4, 7, 6]);
});

test("what has left is gone, and another can come in its place", () => {
  const memberships = new Memberships();
  memberships.put(a, 1);
  memberships.delete(b);
  expect(memberships.size).toBe(1);
  memberships.delete(a);
  memberships.put(b, 2);
  memberships.put(c, 3);
  memberships.delete(b);
  memberships.delete(c);
  expect([memberships.size, memberships.has(b), memberships.groups()]).toEqual([0, false, []]);
  memberships.put(a, 9);
  expect([memberships.size, memberships.place(a)]).toEqual([1, 9]);
});
