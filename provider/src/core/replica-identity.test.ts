import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { decodeCertificate } from "./certificate.ts";
import { encodeFrame, innermost } from "./frame.ts";
import { floodLimits } from "./limits.ts";
import type { UserId } from "./ports.ts";
import { groups } from "./testing/fake-service.ts";
import { certificateFor } from "./testing/identity-world.ts";
import { entry, sentBy, shownOf } from "./testing/looks.ts";
import { World } from "./testing/world.ts";

const nothing = new Uint8Array(0);

function signedWorld(): World {
  const world = new World(5).certify();
  world.identity = "signed";
  return world;
}

describe("certificates", () => {
  test("ID7 a card carries the certificate, and peers know the user, role and name by it", async () => {
    const world = new World(5).certify();
    const [anna, bert] = await world.pair();
    const card = sentBy(world, bert)
      .map(innermost)
      .find(({ kind }) => kind === "card");
    expect(card?.kind === "card" && decodeCertificate(card.certificate).ok).toBe(true);
    bert.awareness.setLocalState({ user: { name: "Bert", color: "#000000" }, caret: 1 });
    await world.clock.pass(2_000);
    // ID9: what the application calls itself is replaced by what the server says.
    expect(shownOf(anna, bert)).toEqual({ user: { name: "bert the real", color: "#112233" }, caret: 1 });
  });

  test("ID7 a certificate of another session, document, epoch or signer is worth nothing", async () => {
    const world = new World(5).certify();
    const [anna, bert] = await world.pair();
    const card = { session: bert.session, clientIds: [7], generation: 1 };
    const bad = [
      certificateFor("bert" as UserId, { ...card, session: anna.session }),
      certificateFor("bert" as UserId, card, { accessEpoch: 2 }),
      certificateFor("bert" as UserId, card, { issuedAtMs: 1, expiresAtMs: 2 }),
      certificateFor("mallory" as UserId, card, { issuedAtMs: 2_000_000 }),
      certificateFor("bert" as UserId, card).fill(1, -20),
    ];
    for (const certificate of bad) {
      const frame = { kind: "card", session: bert.session, certificate, clientIds: [7], awareness: nothing } as const;
      world.inject(frame, bert.sender, groups.presence);
    }
    await world.clock.pass(100);
    for (const reason of ["foreign-certificate", "certificate-expired", "bad-certificate"]) {
      expect(anna.drops.count(reason), reason).toBeGreaterThan(0);
    }
  });

  test("ID9 forged presence is refused: another's client id, another name, a reader who claims to write", async () => {
    const world = new World(5).certify((userId) => (userId === "bert" ? { role: "reader" } : {}));
    const [anna, bert] = await world.pair();
    const say = (awareness: Uint8Array): void =>
      world.inject({ kind: "presence", session: bert.session, clientIds: [], awareness }, bert.sender, groups.presence);
    say(entry(anna.doc.clientID, 900, { user: { name: "me" } }));
    say(entry(bert.doc.clientID, 900, { user: { name: "the boss" } }));
    say(entry(bert.doc.clientID, 901, { user: { role: "writer" } }));
    await world.clock.pass(100);
    expect(anna.drops.count("foreign-presence")).toBe(1);
    expect(anna.drops.count("forged-presence")).toBe(2);
    expect(shownOf(anna, bert) ?? {}).not.toHaveProperty("user");
  });

  test("ID9 who announced another's client id first is put right by that one's certificate", async () => {
    const world = new World(5).certify();
    const [anna, bert] = await world.pair();
    const carl = world.member("carl");
    const client = carl.doc.clientID;
    world.inject(
      { kind: "presence", session: bert.session, clientIds: [client], awareness: entry(client, 900, { fake: true }) },
      bert.sender,
      groups.presence,
    );
    await world.clock.pass(100);
    expect(anna.awareness.getStates().get(client)).toEqual({ fake: true });
    carl.awareness.setLocalState({ real: true });
    carl.replica.connect();
    await world.clock.pass(3_000);
    expect(shownOf(anna, carl)).toEqual({ real: true });
  });
});

describe("signed mode", () => {
  test("ID8 members edit together, and each frame is signed", async () => {
    const world = signedWorld();
    const [anna, bert] = await world.pair();
    anna.text.insert(0, "hello");
    await world.clock.pass(3_000);
    expect(bert.text.toString()).toBe("hello");
    expect(sentBy(world, anna).every(({ kind }) => kind === "signed")).toBe(true);
  });

  test("ID8 frames without fromUserId are believed by their signature alone (the protobuf subprotocols)", async () => {
    const world = signedWorld();
    const [anna, bert] = await world.pair();
    world.service.loses = () => true;
    anna.text.insert(0, "hi");
    await world.clock.pass(100);
    const edit = world.service.sent.findLast(({ frame }) => frame.kind === "signed" && frame.inner.kind === "edit");
    if (edit === undefined) throw new Error("anna published");
    world.service.loses = () => false;
    world.service.inject({ ...edit, from: null });
    await world.clock.pass(100);
    expect(bert.text.toString()).toBe("hi");
  });

  test("ID8 unsigned, replayed and altered frames are dropped and counted", async () => {
    const world = signedWorld();
    const [anna, bert] = await world.pair();
    bert.text.insert(0, "one");
    await world.clock.pass(3_000);
    const { session } = bert;
    world.inject({ kind: "bye", session }, bert.sender, groups.presence);
    const edit = world.service.sent.find(({ frame }) => frame.kind === "signed" && frame.inner.kind === "edit");
    if (edit?.frame.kind !== "signed" || edit.frame.inner.kind !== "edit") throw new Error("bert published");
    world.service.inject({ ...edit, from: bert.sender });
    const other = { ...edit.frame.inner, seqTo: 9 };
    world.inject({ ...edit.frame, counter: 500, inner: other }, bert.sender);
    await world.clock.pass(100);
    expect(anna.drops.count("unsigned")).toBe(1);
    expect(anna.drops.count("duplicate-frame")).toBe(1);
    expect(anna.drops.count("bad-signature")).toBe(1);
    expect(anna.text.toString()).toBe("one");
  });

  test("DU8 an absent author's edits are adopted as the author signed them", async () => {
    const world = signedWorld();
    const [anna, bert] = await world.pair();
    world.server.fails = (call) =>
      call.startsWith("upload") ? { kind: "unreachable", message: "down", retryAfterMs: null } : null;
    bert.text.insert(0, "gone soon");
    await world.clock.pass(500);
    expect(anna.text.toString()).toBe("gone soon");
    // Bert's tab dies: nothing of it reaches the server any more.
    bert.replica.destroy();
    await world.clock.pass(1_000);
    world.server.upAgain();
    await world.clock.pass(120_000);
    expect(world.server.doc().getText("t").toString()).toBe("gone soon");
    const proof = world.server.uploads.at(-1)?.proof;
    expect(proof?.session).toBe(bert.session);
  });

  /** Anna's document, with what Bert typed and could not save before both their tabs died. */
  async function copyOfTheDead(world: World): Promise<Y.Doc> {
    const [anna, bert] = await world.pair();
    bert.text.insert(0, "saved, ");
    await world.clock.pass(10_000);
    world.server.fails = (call) =>
      call.startsWith("upload") ? { kind: "unreachable", message: "down", retryAfterMs: null } : null;
    bert.text.insert(7, "gone soon");
    await world.clock.pass(500);
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(anna.doc));
    bert.replica.destroy();
    anna.replica.destroy();
    await world.clock.pass(1_000);
    world.server.upAgain();
    return copy;
  }

  test("DU6 what a copy holds without signatures is said again by whoever typed on it, if its author stays away", async () => {
    const world = signedWorld();
    const carl = await world.joined("carl", await copyOfTheDead(world));
    carl.text.insert(11, ", but not");
    await world.clock.pass(50_000);
    expect(carl.replica.saveState).toBe("at-risk");
    await world.clock.pass(60_000);
    expect(carl.replica.saveState).toBe("saved");
    const dora = await world.joined("dora");
    for (const text of [world.server.doc().getText("t"), carl.text, dora.text]) {
      expect(text.toString()).toBe("saved, gone, but not soon");
    }
  });

  test("SY9 who has not typed on it loads what is stored", async () => {
    const world = signedWorld();
    const carl = await world.joined("carl", await copyOfTheDead(world));
    expect(carl.text.toString()).toBe("saved, gone soon");
    await world.clock.pass(200_000);
    expect(World.events(carl, "reload").map(({ reason }) => reason)).toEqual(["never-saved"]);
    expect(World.events(carl, "reload")[0]?.doc.getText("t").toString()).toBe("saved, ");
  });
});

describe("a flood", () => {
  test("ID10 a session that sends too much is not heard for a while, and others are", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    for (let number = 1; number <= floodLimits.framesBurst + 50; number++) {
      world.inject({ kind: "broadcast", session: bert.session, number, bytes: nothing }, bert.sender, groups.presence);
    }
    await world.clock.pass(100);
    expect(anna.drops.count("member-muted")).toBe(1);
    expect(anna.drops.count("flood")).toBeGreaterThan(10);
    bert.text.insert(0, "saved all the same");
    await world.clock.pass(floodLimits.muteMs + 40_000);
    expect(anna.text.toString()).toBe("saved all the same");
  });

  test("ID10 three invalid updates are enough", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    for (let seq = 100; seq < 104; seq++) {
      const update = Uint8Array.of(9, 9, 9);
      world.inject(
        { kind: "edit", session: bert.session, seqFrom: seq, seqTo: seq, update, awareness: nothing },
        bert.sender,
      );
    }
    await world.clock.pass(100);
    expect(anna.drops.count("member-muted")).toBe(1);
    expect(anna.drops.count("flood")).toBe(1);
  });
});

describe("opaque payloads and versions", () => {
  test("SY14 an opaque payload is counted, leaves no gap, and is no offence", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    for (let seq = 1; seq <= 5; seq++) {
      const update = Uint8Array.of(0, 0, 0x45, 1, 2, 3);
      world.inject(
        { kind: "edit", session: bert.session, seqFrom: seq, seqTo: seq, update, awareness: nothing },
        bert.sender,
      );
    }
    await world.clock.pass(100);
    expect(anna.drops.count("invalid-update: opaque-payload")).toBe(5);
    expect(anna.drops.count("member-muted")).toBe(0);
    expect(anna.replica.queues.openGaps).toBe(0);
  });

  test("SY14 frames of a later version are dropped and counted, and the room goes on", async () => {
    const world = new World(5);
    const [anna, bert] = await world.pair();
    const bytes = encodeFrame({ kind: "bye", session: bert.session });
    bytes[0] = 2;
    world.service.inject({ group: groups.presence, bytes, from: bert.sender });
    bert.text.insert(0, "still here");
    await world.clock.pass(1_000);
    expect(anna.drops.count("unknown-version")).toBe(1);
    expect(anna.text.toString()).toBe("still here");
  });
});
