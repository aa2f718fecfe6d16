import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { type Member, World } from "./testing/world.ts";

function codes(member: Member): readonly string[] {
  return World.events(member, "connection-error").map(({ code }) => code);
}

describe("DU5 whatever an application's listener of `update` throws", () => {
  /** Anna's document has a listener that throws once, before ours or after it. */
  async function room(when: "before" | "after", instead: (doc: Y.Doc) => void = () => undefined) {
    const world = new World();
    const doc = new Y.Doc();
    let armed = false;
    const listener = (): void => {
      if (!armed) return;
      armed = false;
      instead(doc);
      throw new Error("a listener's bug");
    };
    if (when === "before") doc.on("update", listener);
    const anna = await world.joined("anna", doc);
    if (when === "after") doc.on("update", listener);
    const bert = await world.joined("bert");
    await world.clock.pass(5_000);
    armed = true;
    return { world, anna, bert };
  }

  test.each(["before", "after"] as const)("the edit and those after it are sent and saved, %s ours", async (when) => {
    const { world, anna, bert } = await room(when);
    expect(() => anna.text.insert(0, "a")).toThrow("a listener's bug");
    await world.clock.pass(10);
    anna.text.insert(1, "b");
    await world.clock.pass(5_000);
    expect(bert.text.toString()).toBe("ab");
    expect(anna.replica.saveState).toBe("saved");
    expect(world.server.doc().getText("t").toString()).toBe("ab");
    expect(codes(anna)).toEqual(["observer-threw"]);
  });

  test("in the same breath as more edits: all are heard", async () => {
    const { world, anna, bert } = await room("before");
    expect(() => anna.text.insert(0, "a")).toThrow("a listener's bug");
    const seen: string[] = [];
    anna.text.observe(() => seen.push(anna.text.toString()));
    anna.text.insert(1, "b");
    anna.text.delete(0, 1);
    await world.clock.pass(5_000);
    expect(seen.at(-1)).toBe("b");
    expect(bert.text.toString()).toBe("b");
    expect(anna.replica.saveState).toBe("saved");
  });

  test("what the listener wrote itself is sent and saved too", async () => {
    const { world, anna, bert } = await room("before", (doc) => doc.getText("t").insert(0, "listener's "));
    expect(() => anna.text.insert(0, "a")).toThrow("a listener's bug");
    await world.clock.pass(5_000);
    expect(bert.text.toString()).toBe("listener's a");
    expect(anna.replica.saveState).toBe("saved");
  });

  test("others' edits are in the document, and later ones come", async () => {
    const { world, anna, bert } = await room("before");
    bert.text.insert(0, "a");
    await world.clock.pass(10);
    bert.text.insert(1, "b");
    await world.clock.pass(5_000);
    expect(anna.text.toString()).toBe("ab");
    anna.text.insert(2, "c");
    await world.clock.pass(5_000);
    expect(bert.text.toString()).toBe("abc");
    expect(world.converged()).toBe(true);
  });
});

test("a value that cannot be encoded: a fresh document is loaded, and it is told", async () => {
  const world = new World();
  const [anna, bert] = await world.pair();
  anna.text.insert(0, "kept");
  await world.clock.pass(5_000);
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  expect(() => anna.doc.getMap("m").set("cyclic", cyclic)).toThrow(RangeError);
  await world.clock.pass(5_000);
  expect(codes(anna)).toEqual(["document-broken"]);
  const [reload] = World.events(anna, "reload");
  expect(reload?.reason).toBe("document-broken");
  expect(reload?.doc.getText("t").toString()).toBe("kept");
  expect(bert.text.toString()).toBe("kept");
});
