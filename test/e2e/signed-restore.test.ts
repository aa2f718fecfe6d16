import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Collab } from "../support/collab.ts";
import { Member } from "../support/member.ts";

let collab: Collab;
let members: Member[] = [];

beforeEach(async () => {
  collab = await Collab.start({ identity: "signed" });
});
afterEach(async () => {
  for (const member of members) member.provider.destroy();
  members = [];
  await collab.close();
});

async function join(user: string): Promise<Member> {
  const member = new Member(collab.url, "board", user);
  members.push(member);
  await member.synced();
  return member;
}

/** Everybody, live: what is typed from now on is signed and travels from one to the other. */
async function live(...users: readonly string[]): Promise<readonly Member[]> {
  const joined = await Promise.all(users.map(join));
  await Promise.all(joined.map((member) => member.live()));
  return joined;
}

function leave(member: Member): void {
  members = members.filter((other) => other !== member);
  member.provider.destroy();
}

const document = () => collab.server.document("board");

/** What everybody has written is durable, and everybody has all of it. */
async function agree(people: readonly Member[], ...parts: readonly string[]): Promise<string> {
  await Promise.all(people.map((member) => member.has(...parts)));
  await Promise.all(people.map((member) => member.provider.whenSaved()));
  const texts = new Set(people.map((member) => member.text.toString()));
  expect(texts.size).toBe(1);
  return [...texts][0] ?? "";
}

describe("restore where members believe nothing but signatures (ID8)", () => {
  test("HI4 ID8 a restore is believed by everybody live, and they go on writing into what it wrote", async () => {
    const people = await live("ada", "bob", "cleo");
    const [ada, bob, cleo] = people;
    if (!ada || !bob || !cleo) throw new Error("Three people joined.");
    ada.type("ada wrote this. ");
    bob.type("bob wrote that. ");
    const draft = await agree(people, "ada wrote this. ", "bob wrote that. ");
    const { id } = await document().createVersion("Draft");

    // Text of two people goes, and with it what the restore must write anew under the server's own client id.
    cleo.text.delete(0, cleo.text.length);
    cleo.type("cleo took all away");
    await agree(people, "cleo took all away");
    expect(await document().restore({ version: id }, { userId: "ada" })).toBe(true);
    await Promise.all(people.map((member) => member.reads(draft)));

    // Into the middle of what the server wrote, by all at once.
    for (const [index, member] of people.entries()) member.text.insert(4 + index, `<${index}>`);
    const after = await agree(people, "<0>", "<1>", "<2>");
    expect(after.replaceAll(/<\d>/g, "")).toBe(draft);
    const joined = await join("dora");
    expect(await agree([...people, joined], "<0>", "<1>", "<2>")).toBe(after);
    joined.type("dora too");
    await agree([...people, joined], "dora too");
  });

  test("HI4 ID8 what was written by people who are gone comes back, and comes from the log to who was away", async () => {
    const [ada, bob] = await live("ada", "bob");
    if (!ada || !bob) throw new Error("Two people joined.");
    ada.type("of somebody who left. ");
    const draft = await agree([ada, bob], "of somebody who left. ");
    const { id } = await document().createVersion("Draft");
    leave(ada);
    bob.text.delete(0, bob.text.length);
    await bob.provider.whenSaved();

    bob.provider.disconnect();
    bob.type("[while away]");
    expect(await document().restore({ version: id })).toBe(true);
    await document().compact();
    bob.provider.connect();
    const cleo = await join("cleo");
    const text = await agree([bob, cleo], "of somebody who left. ", "[while away]");
    expect(text.replace("[while away]", "")).toBe(draft);

    // And back: the state that the restore replaced is a version of its own.
    const [before] = await document().versions();
    expect(before?.kind).toBe("restore");
    await document().restore({ version: before?.id ?? "" });
    await Promise.all([bob, cleo].map((member) => member.reads("")));
  });

  test("HI4 SE5 ID8 restores and edits of the server while five people type: all show the same", async () => {
    const people = await live("a", "b", "c", "d", "e");
    const [first] = people;
    if (!first) throw new Error("Five people joined.");
    first.type("agreed. ");
    await agree(people, "agreed. ");
    const { id } = await document().createVersion("Agreed");
    for (let round = 0; round < 3; round++) {
      for (const [index, member] of people.entries()) member.type(`<${round}.${index}>`);
      const [restored] = await Promise.all([
        document().restore({ version: id }, { userId: `person ${round}` }),
        document().transact((doc) => doc.getMap("rounds").set(String(round), true)),
      ]);
      expect(typeof restored).toBe("boolean");
      for (const [index, member] of people.entries()) member.type(`[${round}.${index}]`);
    }
    const last = people.map((_, index) => `[2.${index}]`);
    await agree(people, ...last);
    await collab.stopServer();
    await collab.startServer();
    const late = await join("late");
    const text = await agree([...people, late], "agreed. ", ...last);
    expect(text.split("agreed. ")).toHaveLength(2);
    expect(await document().read((doc) => doc.getText("text").toString())).toBe(text);
    expect(late.doc.getMap("rounds").size).toBe(first.doc.getMap("rounds").size);
  });
});
