import { describe, expect, test } from "vitest";
import { guestName, guestPath, readPage } from "./page.ts";

describe("what the server wrote into the page", () => {
  test("a board with its key, and without for those who only look", () => {
    expect(readPage({ board: "b1", key: "k1" })).toEqual({ kind: "board", board: "b1", key: "k1", lab: false });
    expect(readPage({ board: "b1", lab: "on" })).toEqual({ kind: "board", board: "b1", key: null, lab: true });
  });

  test("the split view, and a page from elsewhere", () => {
    expect(readPage({ split: "k1" })).toEqual({ kind: "split", key: "k1" });
    expect(readPage({})).toEqual({ kind: "unknown" });
  });

  test("a guest keeps any name through the address", () => {
    const { pathname, search } = new URL(guestPath("k1", "Ada & Bob <3"), "http://localhost");
    expect(pathname).toBe("/b/k1");
    expect(guestName(search)).toBe("Ada & Bob <3");
    expect(guestName("")).toBeNull();
  });
});
