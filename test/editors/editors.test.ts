import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { editors } from "./support/editors.ts";
import { Examples } from "./support/examples.ts";
import type { Visitor } from "./support/visitor.ts";

const ada = { name: "Ada", color: "#7c3aed" } as const;
const bob = { name: "Bob", color: "#0f766e" } as const;
const patience = { timeout: 20_000, interval: 50 };

const examples = new Examples();
// Two builds on a busy machine.
beforeAll(() => examples.open(), 240_000);
afterAll(() => examples.close());
beforeEach(() => examples.begin());
afterEach(() => examples.end());

/** Everybody shows this text, and everybody's document is the same one. */
async function allShow(visitors: readonly Visitor[], text: string): Promise<void> {
  const views = () => Promise.all(visitors.flatMap((visitor) => [visitor.shows(), visitor.text()]));
  await expect.poll(views, patience).toEqual(visitors.flatMap(() => [text, text]));
  await areAlike(visitors);
}

async function areAlike(visitors: readonly Visitor[]): Promise<void> {
  const alike = async () => {
    const docs = await Promise.all(visitors.map((visitor) => visitor.doc()));
    const [first, ...others] = docs.map((doc) => Y.snapshot(doc));
    return others.every((other) => first !== undefined && Y.equalSnapshots(first, other));
  };
  await expect.poll(alike, patience).toBe(true);
}

describe.each(editors)("$name", (editor) => {
  test("two people type at once, see each other's caret and name, and read the same", async () => {
    const [first, second] = await Promise.all([examples.come(editor, ada), examples.come(editor, bob)]);
    await first.goTo("Home");
    await first.type("one\ntwo");
    await allShow([first, second], "one\ntwo");
    await Promise.all([first.goTo("Home"), second.goTo("End")]);
    await Promise.all([first.type("Hello "), second.type(" world")]);
    await allShow([first, second], "Hello one\ntwo world");
    await expect.poll(() => first.names(), patience).toEqual([expect.stringContaining("Bob")]);
    await expect.poll(() => second.names(), patience).toEqual([expect.stringContaining("Ada")]);
    // At the same place: nobody knows the order, but nothing is lost.
    await first.goTo("End");
    await Promise.all([first.type("12345678"), second.type("abcdefgh")]);
    const letters = async () => [...(await second.shows())].sort().join("");
    await expect.poll(letters, patience).toBe([..."Hello one\ntwo world12345678abcdefgh"].sort().join(""));
    await allShow([first, second], await second.shows());
    // Whoever leaves the page is not seen any more.
    await second.leave();
    await expect.poll(() => first.names(), patience).toEqual([]);
  });

  test("undo takes back one's own edits only", async () => {
    const [first, second] = await Promise.all([examples.come(editor, ada), examples.come(editor, bob)]);
    await second.goTo("Home");
    await second.type("theirs");
    await allShow([first, second], "theirs");
    await first.goTo("Home");
    await first.type("mine ");
    await second.type(", too");
    await allShow([first, second], "mine theirs, too");
    // One press takes back what was typed in one go; a slow machine may have made several of it.
    for (let press = 0; press < "mine ".length && (await first.shows()).length > "theirs, too".length; press++) {
      await first.page.keyboard.press("Control+z");
    }
    await allShow([first, second], "theirs, too");
    await first.page.keyboard.press("Control+z");
    await second.type("!");
    await allShow([first, second], "theirs, too!");
  });

  test("what is typed offline arrives when the page is back, and meets what others typed", async () => {
    const [first, second] = await Promise.all([examples.come(editor, ada), examples.come(editor, bob)]);
    await first.goTo("Home");
    await first.type("shared");
    await allShow([first, second], "shared");
    await second.goOffline();
    examples.cut("Bob");
    await second.lostTheLink();
    await second.goTo("End");
    await second.type(" offline");
    await first.goTo("Home");
    await first.type("live ");
    await allShow([first], "live shared");
    await allShow([second], "shared offline");
    await second.goOnline();
    await allShow([first, second], "live shared offline");
    await Promise.all([first.isSaved(), second.isSaved()]);
    expect((await examples.savedText(editor)).trim()).toBe("live shared offline");
  });

  test("a reader sees edits and cannot write, not even past the editor", async () => {
    const [first, reader] = await Promise.all([
      examples.come(editor, ada),
      examples.come(editor, { ...bob, role: "reader" }),
    ]);
    await first.goTo("Home");
    await first.type("read me");
    await allShow([first, reader], "read me");
    await reader.click();
    await reader.type("typed");
    await allShow([first, reader], "read me");
    await reader.forge("forged");
    await expect.poll(() => reader.text(), patience).toContain("forged");
    await first.type(" again");
    await expect.poll(() => reader.text(), patience).toContain("read me again");
    await first.isSaved();
    await allShow([first], "read me again");
    expect((await examples.savedText(editor)).trim()).toBe("read me again");
  });
});

describe.each(editors.filter(({ react }) => react))("$name under StrictMode", (editor) => {
  test("is mounted twice, connects once and is one person for the others", async () => {
    const visitor = await examples.come(editor, { name: `Ada of ${editor.name}`, color: ada.color }, "strict");
    expect(visitor.sockets).toBe(1);
    expect(examples.connectionsOf(`Ada of ${editor.name}`)).toHaveLength(1);
    const other = await examples.come(editor, bob, "strict");
    await expect.poll(() => other.people(), patience).toHaveLength(2);
    await visitor.goTo("Home");
    await visitor.type("once");
    await allShow([visitor, other], "once");
    expect(await other.people()).toHaveLength(2);
    expect(visitor.sockets).toBe(1);
  });
});

describe.each(editors.filter(({ name }) => name === "textarea"))("$name", (editor) => {
  test("an input method composes undisturbed while others type", async () => {
    const [first, second] = await Promise.all([examples.come(editor, ada), examples.come(editor, bob)]);
    await first.goTo("Home");
    await first.type("one two");
    await allShow([first, second], "one two");
    await second.goTo("End");
    await second.compose("かな");
    await first.goTo("Home");
    await first.type("zero ");
    await expect.poll(() => second.text(), patience).toBe("zero one two");
    expect(await second.shows()).toBe("one twoかな");
    await second.decide("仮名");
    await allShow([first, second], "zero one two仮名");
    await second.type("!");
    await allShow([first, second], "zero one two仮名!");
  });
});
