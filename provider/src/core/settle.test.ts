import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { reidentify } from "./reidentify.ts";
import { isSettled } from "./settle.ts";
import { cloneOf } from "./testing/copies.ts";

function write(doc: Y.Doc, client: number, change: () => void): Uint8Array {
  const before = Y.encodeStateVector(doc);
  doc.clientID = client;
  change();
  return Y.encodeStateAsUpdate(doc, before);
}

describe("the places of what moves", () => {
  test("DU12 nothing that moves is put behind what waits, by its author's clock, for what moves", () => {
    const [here, twin] = [new Y.Doc(), new Y.Doc()];
    const [ours, theirs] = [here.getText("t"), twin.getText("t")];
    write(here, 5, () => ours.insert(0, "abc"));
    write(twin, 5, () => {
      for (const [at, letter] of [
        [0, "p"],
        [1, "q"],
        [0, "r"],
      ] as const)
        theirs.insert(at, letter);
    });
    // Before the third letter of there, then behind the second: here they are the third and the second of "abc".
    const stray = write(twin, 40, () => {
      theirs.insert(0, "v");
      theirs.insert(4, "w");
    });
    Y.applyUpdate(here, stray);
    expect(ours.toString()).toBe("abwvc");
    expect(reidentify(here, { client: 5, clock: 0 }, 6, () => false)).toBe(true);
    const reader = cloneOf(here);
    expect(reader.store.pendingStructs).toBeNull();
    expect([...reader.getText("t").toString()].sort().join("")).toBe("abcvw");
  });

  test("DU12 what others wrote may not have kept its place: the document is known not to be settled", () => {
    const base = new Y.Doc();
    base.clientID = 1;
    base.getText("t").insert(0, "az");
    const [here, twin, other] = [cloneOf(base), cloneOf(base), cloneOf(base)];
    write(here, 2, () => here.getText("t").insert(1, "mn"));
    const late = write(other, 3, () => other.getText("t").insert(1, "C"));
    expect([here, cloneOf(here)].map(isSettled)).toEqual([true, true]);
    // Here this id is a letter between "m" and "n"; at its twin it is an element of a list, before which another was put.
    write(here, 5, () => here.getText("t").insert(2, "x"));
    write(twin, 5, () => twin.getArray("l").insert(0, ["x"]));
    Y.applyUpdate(
      here,
      write(twin, 9, () => twin.getArray("l").insert(0, ["stray"])),
    );
    Y.applyUpdate(here, late);
    // Beside the stray, where no other reader has it.
    expect(here.getText("t").toString()).toBe("amCxnz");
    for (const [client, fresh] of [
      [5, 6],
      [9, 10],
    ] as const)
      reidentify(here, { client, clock: 0 }, fresh, () => false);
    expect(isSettled(here)).toBe(false);
    expect(cloneOf(here).getText("t").toString()).not.toBe("amCxnz");
  });
});
