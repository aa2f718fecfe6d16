import { describe, expect, test } from "vitest";
import { encodeFrame, innermost } from "./frame.ts";
import type { IdentityMode } from "./ports.ts";
import { makeSessionId } from "./session-id.ts";
import { groups } from "./testing/fake-service.ts";
import { entry, sentBy, shownOf } from "./testing/looks.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { type Member, World } from "./testing/world.ts";

/** What the others said since then, signed or not. */
function answersSince(world: World, before: number, newcomer: Member): readonly string[] {
  const since = world.service.sent.slice(before).filter(({ from }) => from !== newcomer.sender);
  return since.map(({ frame }) => (frame.kind === "server" ? frame.kind : innermost(frame).kind)).sort();
}

function certifiedWorld(identity: IdentityMode): World {
  const world = new World(5).certify();
  world.identity = identity;
  return world;
}

describe("the roster", () => {
  test.each(["stamped", "signed"] as const)(
    "PR6 one member answers a newcomer for all, with the members' own signed cards: %s",
    async (identity) => {
      const world = certifiedWorld(identity);
      const [anna, bert] = await world.pair();
      const carl = await world.joined("carl");
      for (const member of [anna, bert, carl]) member.awareness.setLocalState({ of: member.session });
      await world.clock.pass(70_000);
      const before = world.service.sent.length;
      const dora = await world.joined("dora");
      expect(answersSince(world, before, dora).filter((kind) => kind === "roster")).toHaveLength(1);
      for (const member of [anna, bert, carl]) expect(shownOf(dora, member)).toEqual({ of: member.session });
    },
  );

  test.each(["stamped", "signed"] as const)(
    "PR6 whose state changed since its card shows a new one, and then nobody needs to answer again: %s",
    async (identity) => {
      const world = certifiedWorld(identity);
      const members = [...(await world.pair()), await world.joined("carl")];
      for (const member of members) member.awareness.setLocalState({ of: member.session });
      await world.clock.pass(70_000);
      const answersTo = async (name: string): Promise<readonly string[]> => {
        const before = world.service.sent.length;
        const newcomer = await world.joined(name);
        for (const member of members) expect(shownOf(newcomer, member)).toEqual({ of: member.session });
        members.push(newcomer);
        newcomer.awareness.setLocalState({ of: newcomer.session });
        return answersSince(world, before, newcomer);
      };
      expect(await answersTo("dora")).toEqual(["card", "card", "card", "roster"]);
      // Renewals meanwhile are nothing new.
      await world.clock.pass(130_000);
      expect(await answersTo("eve")).toEqual(["card", "roster"]);
      await world.clock.pass(130_000);
      expect(await answersTo("fred")).toEqual(["card", "roster"]);
    },
  );

  test("PR6 in a room that is too large for one roster several answer, and nobody else does", async () => {
    const world = certifiedWorld("stamped");
    const members = [...(await world.pair())];
    const room = 40;
    while (members.length < room) members.push(await world.joined(`member ${members.length}`));
    const stateOf = ({ session }: Member) => ({ of: session, about: "x".repeat(1_000) });
    for (const member of members) {
      member.awareness.setLocalState(stateOf(member));
      member.replica.wake("focus");
    }
    await world.clock.pass(70_000);
    await world.joined("first");
    await world.clock.pass(70_000);
    const before = world.service.sent.length;
    const newcomer = await world.joined("newcomer");
    await world.clock.pass(2_000);
    const answers = answersSince(world, before, newcomer);
    expect(answers.filter((kind) => kind === "roster").length).toBeGreaterThan(1);
    expect(answers.filter((kind) => kind === "card")).toEqual([]);
    for (const member of members) expect(shownOf(newcomer, member)).toEqual(stateOf(member));
  });

  test.each(["stamped", "signed"] as const)(
    "PR6 PR4 who comes back sees everybody by the roster, as before: %s",
    async (identity) => {
      const world = certifiedWorld(identity);
      const [anna, bert] = await world.pair();
      for (const member of [anna, bert]) member.awareness.setLocalState({ of: member.session });
      await world.clock.pass(5_000);
      const carl = await world.joined("carl");
      // A new card that Carl misses, and many frames under higher numbers than it has.
      world.service.loses = ({ frame }, receiver) =>
        frame.kind === "signed" && frame.inner.kind === "card" && receiver === carl.sender;
      anna.awareness.setLocalStateField("moved", true);
      anna.replica.wake("focus");
      for (let word = 0; word < 300; word++) {
        anna.text.insert(0, "x");
        await world.clock.pass(300);
      }
      world.service.up = false;
      world.service.links.find(({ name }) => name === carl.sender)?.tell({ type: "closed", reason: "broken" });
      await world.clock.pass(10_000);
      expect(shownOf(carl, anna)).toBeUndefined();
      world.service.up = true;
      world.service.loses = () => false;
      await world.clock.pass(40_000);
      expect(shownOf(carl, anna)).toEqual({ of: anna.session, moved: true });
      expect(shownOf(carl, bert)).toEqual({ of: bert.session });
    },
  );

  test("PR6 PR3 an old card of somebody who left shows nobody", async () => {
    const world = certifiedWorld("stamped");
    const [anna, bert] = await world.pair();
    const carl = await world.joined("carl");
    bert.awareness.setLocalState({ here: true });
    await world.clock.pass(5_000);
    const card = sentBy(world, bert).findLast((frame) => frame.kind === "signed" && frame.inner.kind === "card");
    if (card === undefined) throw new Error("bert showed a signed card");
    bert.replica.disconnect();
    await world.clock.pass(100);
    expect(shownOf(anna, bert)).toBeUndefined();
    world.inject({ kind: "roster", session: carl.session, cards: [encodeFrame(card)] }, carl.sender, groups.presence);
    await world.clock.pass(100);
    expect(shownOf(anna, bert)).toBeUndefined();
  });

  test("PR6 a card that was tampered with on the way is not taken", async () => {
    const world = certifiedWorld("stamped");
    const [anna, bert] = await world.pair();
    const sealed = sentBy(world, bert).find((frame) => frame.kind === "signed");
    if (sealed?.kind !== "signed" || sealed.inner.kind !== "card") throw new Error("bert showed a signed card");
    const inner = { ...sealed.inner, awareness: entry(bert.doc.clientID, 999, { forged: true }) };
    const cards = [encodeFrame({ ...sealed, counter: sealed.counter + 50, inner })];
    world.inject({ kind: "roster", session: bert.session, cards }, bert.sender, groups.presence);
    await world.clock.pass(100);
    expect(anna.drops.count("bad-signature")).toBe(1);
    expect(shownOf(anna, bert)).not.toEqual({ forged: true });
  });

  test("ID7 a stranger who never shows a card has the room answer ever more seldom", async () => {
    const world = certifiedWorld("signed");
    const [anna] = await world.pair();
    const hellos = () => sentBy(world, anna).filter((frame) => innermost(frame).kind === "hello").length;
    const before = hellos();
    const inner = { kind: "tail", session: makeSessionId(new SeededRandom(9)), seq: 1 } as const;
    for (let second = 1; second <= 600; second++) {
      world.inject({ kind: "signed", counter: second, inner, signature: new Uint8Array(64) }, null, groups.data);
      await world.clock.pass(1_000);
    }
    expect(anna.drops.count("unknown-member")).toBe(600);
    expect(hellos() - before).toBeGreaterThan(5);
    expect(hellos() - before).toBeLessThan(25);
  });
});
