import { expect, test } from "vitest";
import * as Y from "yjs";
import type { EditFrame, SignedFrame } from "./frame.ts";
import type { Members } from "./members.ts";
import { makeSessionId } from "./session-id.ts";
import { SignedBatches } from "./signed-batches.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

test("DU8 of an absent author's batches those go first that build on nothing that is missing", () => {
  const doc = new Y.Doc();
  doc.clientID = 7;
  const letters: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => letters.push(update));
  for (const letter of "abcd") doc.getText("t").insert(doc.getText("t").length, letter);
  const [, second = letters[0], , fourth = letters[0]] = letters;
  if (second === undefined || fourth === undefined) throw new Error("four letters are four updates");
  const firstThree = Y.mergeUpdates(letters.slice(0, 3));

  const session = makeSessionId(new SeededRandom(1));
  const batches = new SignedBatches({ certificateBytes: () => new Uint8Array(1) } as unknown as Members, null);
  const keep = (seq: number, update: Uint8Array) => {
    const inner: EditFrame = { kind: "edit", session, seqFrom: seq, seqTo: seq, update, awareness: new Uint8Array() };
    const signed: SignedFrame = { kind: "signed", counter: seq, inner, signature: new Uint8Array(64) };
    batches.keep(signed, inner);
  };
  keep(4, fourth);
  keep(3, firstThree);
  const missing = [{ client: 7, clock: 1, length: 3 }];
  expect(batches.holding(missing).map(({ update }) => update)).toEqual([firstThree, fourth]);
  keep(2, second);
  expect(batches.holding(missing).map(({ update }) => update)).toEqual([second, firstThree, fourth]);
});
