import { describe, expect, test } from "vitest";
import { colorOf, initials } from "./identity.ts";
import { newRoomId, newShapeId } from "./ids.ts";
import { pathOf, routeOf } from "./routes.ts";

describe("rooms and names", () => {
  test("a room's path leads back to the room", () => {
    const room = newRoomId();
    expect(routeOf(pathOf(room))).toEqual({ page: "board", room });
  });

  test.each([["/"], ["/new"], ["/b/"], ["/b/a%2Fb"], [`/b/${"x".repeat(65)}`], ["/b/a/b"]])(
    "%s opens a new board",
    (path) => {
      expect(routeOf(path)).toEqual({ page: "new" });
    },
  );

  test("room ids are url-safe and carry at least 96 random bits; shape ids never repeat", () => {
    expect(newRoomId()).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(new Set(Array.from({ length: 1_000 }, newShapeId)).size).toBe(1_000);
  });

  test("a name has one colour and its initials", () => {
    expect(colorOf("Ada Lovelace")).toBe(colorOf("Ada Lovelace"));
    expect([initials("Ada Lovelace"), initials("ada"), initials("  "), initials("Jean Luc de Sacy")]).toEqual([
      "AL",
      "A",
      "",
      "JS",
    ]);
  });
});
