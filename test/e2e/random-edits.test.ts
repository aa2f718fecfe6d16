import { afterEach, describe, expect, test } from "vitest";
import type { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { Collab } from "../support/collab.ts";
import { Member } from "../support/member.ts";

/** Yjs' own comparison: content, struct stores, delete sets, and that merged updates make the same document. It has no types. */
const { compare } = (await import("yjs/testHelper" as string)) as { compare(users: readonly Y.Doc[]): void };

const seed = Number(process.env["SEED"] ?? 1);
const users = 5;
const edits = 400;

type Edit = (doc: Y.Doc, random: (below: number) => number) => void;

const word = (random: (below: number) => number): string => "abcdefghij".slice(0, 1 + random(9));
const pick = (length: number, random: (below: number) => number): number => random(length + 1);

/** The operations of Yjs' own random tests, on the types that its comparison looks at. */
const operations: readonly Edit[] = [
  (doc, random) => {
    const array = doc.getArray<unknown>("array");
    array.insert(pick(array.length, random), [random(100), word(random), { key: random(9) }].slice(0, 1 + random(3)));
  },
  (doc, random) => {
    const array = doc.getArray<unknown>("array");
    const at = pick(array.length, random);
    array.insert(at, [new Y.Array()]);
    const inner = array.get(at);
    if (inner instanceof Y.Array) inner.insert(0, [1, 2, 3, 4]);
  },
  (doc, random) => {
    const array = doc.getArray<unknown>("array");
    if (array.length === 0) return;
    const at = random(array.length);
    array.delete(at, Math.min(array.length - at, 1 + random(3)));
  },
  (doc, random) => void doc.getMap("map").set("abc".charAt(random(3)), word(random)),
  (doc, random) => {
    const nested = new Y.Map();
    doc.getMap("map").set("abc".charAt(random(3)), nested);
    nested.set("deep", random(1_000));
  },
  (doc, random) => doc.getMap("map").delete("abc".charAt(random(3))),
  (doc, random) => {
    const text = doc.getText("text");
    text.insert(pick(text.length, random), word(random), random(3) === 0 ? { bold: true } : {});
  },
  (doc, random) => {
    const text = doc.getText("text");
    if (text.length === 0) return;
    const at = random(text.length);
    text.format(at, Math.min(text.length - at, 1 + random(5)), { bold: random(2) === 0 ? true : null });
  },
  (doc, random) => {
    const text = doc.getText("text");
    if (text.length === 0) return;
    const at = random(text.length);
    text.delete(at, Math.min(text.length - at, 1 + random(5)));
  },
  (doc, random) => {
    const xml = doc.get("xml", Y.XmlElement) as Y.XmlElement;
    xml.insert(pick(xml.length, random), [
      random(2) === 0 ? new Y.XmlElement(`p${random(3)}`) : new Y.XmlText(word(random)),
    ]);
  },
  (doc, random) => {
    const xml = doc.get("xml", Y.XmlElement) as Y.XmlElement;
    if (xml.length > 0) xml.delete(random(xml.length), 1);
  },
];

describe("random edits of five over a service that fails on purpose", () => {
  let collab: Collab | null = null;
  const members: Member[] = [];
  afterEach(async () => {
    for (const member of members.splice(0)) member.provider.destroy();
    await collab?.close();
  });

  test(`SY8 SY9 everybody ends with the same document (seed ${seed})`, async () => {
    collab = await Collab.start();
    const random = randomOf(seed);
    for (let user = 0; user < users; user++) members.push(new Member(collab.url, "board", `user ${user}`));
    const histories = members.map(({ doc }) => recorded(doc));
    await Promise.all(members.map((member) => member.synced()));
    const { faults } = collab.service;
    faults.add({ fault: { type: "drop" }, direction: "in", probability: 0.05 });
    faults.add({ fault: { type: "drop" }, direction: "out", probability: 0.05 });
    faults.add({ fault: { type: "duplicate" }, probability: 0.05 });
    faults.add({ fault: { type: "reorder", spanMs: 40 }, direction: "out", probability: 0.1 });
    for (let edit = 0; edit < edits; edit++) {
      const member = members[random(users)];
      if (member === undefined) throw new Error("There are five.");
      if (random(100) <= 1) toggle(member.provider);
      if (random(200) === 0) collab.cutConnections();
      operations[random(operations.length)]?.(member.doc, random);
      if (random(8) === 0) await new Promise((resolve) => setTimeout(resolve, random(30)));
    }
    faults.clear();
    for (const { provider } of members) provider.connect();
    await Promise.all(members.map(({ provider }) => provider.whenSaved()));
    await converged(members);
    const instances = members.map(({ doc }, at) =>
      Object.assign(doc, { connect: () => undefined, tc: { flushAllMessages: () => false }, updates: histories[at] }),
    );
    compare(instances);
    expect(instances.length).toBe(users * 2);
  });
});

function toggle(provider: WebPubSubProvider): void {
  if (provider.shouldConnect) provider.disconnect();
  else provider.connect();
}

function recorded(doc: Y.Doc): Uint8Array[] {
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  return updates;
}

/** Resolves when all hold the same: looked at after each update that anybody applies, and when a focus makes them check. */
function converged(all: readonly Member[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const states = new Set(all.map(({ doc }) => Y.encodeSnapshot(Y.snapshot(doc)).join()));
      if (states.size > 1) return;
      for (const { doc } of all) doc.off("afterTransaction", look);
      resolve();
    };
    for (const { doc } of all) doc.on("afterTransaction", look);
    look();
  });
}

/** Numbers below a bound, the same for the same seed. */
function randomOf(start: number): (below: number) => number {
  let state = (start * 2_654_435_761) % 2_147_483_647 || 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
