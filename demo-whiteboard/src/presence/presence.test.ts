import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { limits } from "../limits.ts";
import type { Shape } from "../model/schema.ts";
import { Cursors } from "./cursors.ts";
import { RemoteDrags } from "./drags.ts";
import { type Person, Presence, parsePerson } from "./presence.ts";

const ada: Person = {
  clientId: 7,
  me: false,
  name: "Ada",
  color: "blue",
  cursor: null,
  selection: [],
  drag: null,
  view: null,
};

describe("what others say of themselves", () => {
  test("is read when it is well formed", () => {
    const state = {
      user: { name: " Ada ", color: "red" },
      cursor: [1, 2],
      selection: ["a", 3, "b"],
      drag: { from: [0, 0, 1, 1], to: [5, 5, 1, 1] },
    };
    expect(parsePerson(7, state, false)).toEqual({
      ...ada,
      color: "red",
      cursor: { x: 1, y: 2 },
      selection: ["a", "b"],
      drag: { from: [0, 0, 1, 1], to: [5, 5, 1, 1] },
    });
  });

  test("is bounded: name, colour, selection, cursor", () => {
    const person = parsePerson(
      7,
      {
        user: { name: "x".repeat(500), color: "url(//evil)" },
        cursor: [Number.NaN, 0],
        selection: Array.from({ length: 500 }, String),
      },
      false,
    );
    expect(person).toMatchObject({ color: "grey", cursor: null });
    expect(person?.name).toHaveLength(limits.nameMax);
    expect(person?.selection).toHaveLength(limits.selectionPublishedMax);
  });

  test("never throws, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), (state) => {
        const person = parsePerson(1, state, false);
        expect(person === null || person.name !== "").toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("Presence", () => {
  test("publishes all fields in one state and shows oneself first", () => {
    const awareness = new Awareness(new Y.Doc());
    const presence = new Presence(awareness, { name: "Ada", color: "blue" });
    presence.setCursor({ x: 1.234, y: 5 });
    presence.setSelection(new Set(["a"]));
    presence.setUser({ name: "Ada L.", color: "blue" });
    expect(awareness.getLocalState()).toEqual({
      user: { name: "Ada L.", color: "blue" },
      cursor: [1.2, 5],
      selection: ["a"],
    });
    expect(presence.people.get()).toMatchObject([{ me: true, name: "Ada L." }]);
    presence.dispose();
    awareness.destroy();
  });
});

describe("Cursors", () => {
  test("glide to the newest place in 80 ms, and rest there", () => {
    const cursors = new Cursors(() => false);
    cursors.update([{ ...ada, cursor: { x: 0, y: 0 } }], 0);
    cursors.update([{ ...ada, cursor: { x: 100, y: 0 } }], 1_000);
    expect(cursors.view(1_040)).toMatchObject({ cursors: [{ at: { x: 50 }, alpha: 1 }], moving: true });
    expect(cursors.view(1_080)).toMatchObject({ cursors: [{ at: { x: 100 } }], moving: false });
    expect(cursors.view(9_000)).toMatchObject({ cursors: [{ alpha: 0.25 }], moving: false });
  });

  test("jump for people who prefer reduced motion", () => {
    const cursors = new Cursors(() => true);
    cursors.update([{ ...ada, cursor: { x: 0, y: 0 } }], 0);
    cursors.update([{ ...ada, cursor: { x: 100, y: 0 } }], 1_000);
    expect(cursors.view(1_001).cursors).toMatchObject([{ at: { x: 100 } }]);
  });

  test("one's own cursor is not drawn, and a person who leaves takes theirs along", () => {
    const cursors = new Cursors(() => false);
    const at = { x: 1, y: 1 };
    cursors.update(
      [
        { ...ada, cursor: at },
        { ...ada, clientId: 1, me: true, cursor: at },
      ],
      0,
    );
    expect(cursors.view(10).cursors).toHaveLength(1);
    cursors.update([], 20);
    expect(cursors.view(20)).toEqual({ cursors: [], moving: false });
  });
});

describe("RemoteDrags", () => {
  const shape: Shape = {
    id: "a",
    type: "rect",
    box: [0, 0, 10, 10],
    z: "a0",
    by: "",
    color: "red",
    size: "m",
    fill: "none",
    dash: "solid",
    opacity: "full",
  };
  const dragging: Person = { ...ada, selection: ["a"], drag: { from: [0, 0, 10, 10], to: [50, 0, 10, 10] } };

  test("show a shape where someone else holds it", () => {
    const drags = new RemoteDrags(() => shape);
    drags.update([dragging], 0);
    expect(drags.view(10)).toMatchObject([{ id: "a", box: [50, 0, 10, 10] }]);
  });

  test("document first: the shape is not moved twice", () => {
    let current = shape;
    const drags = new RemoteDrags(() => current);
    drags.update([dragging], 0);
    current = { ...shape, box: [50, 0, 10, 10] };
    expect(drags.view(10)).toEqual([]);
    drags.update([{ ...dragging, drag: null }], 20);
    expect(drags.view(30)).toEqual([]);
    expect(drags.active).toBe(false);
  });

  test("presence first: the shape does not jump back before its change arrives", () => {
    let current = shape;
    const drags = new RemoteDrags(() => current);
    drags.update([dragging], 0);
    drags.update([{ ...dragging, drag: null }], 20);
    expect(drags.view(30)).toMatchObject([{ box: [50, 0, 10, 10] }]);
    current = { ...shape, box: [50, 0, 10, 10] };
    expect(drags.view(40)).toEqual([]);
    expect(drags.active).toBe(false);
  });

  test("a cancelled drag ends after a while", () => {
    const drags = new RemoteDrags(() => shape);
    drags.update([dragging], 0);
    drags.update([], 20);
    expect(drags.view(5_000)).toEqual([]);
    expect(drags.active).toBe(false);
  });
});
