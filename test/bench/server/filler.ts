/** A process that puts a drawing into a store that no server has open. */
import { createHash } from "node:crypto";
import type { DocumentId, SessionId, UserId } from "y-webpubsub/core";
import * as Y from "yjs";
import { chosenStore } from "../../support/chosen-store.ts";
import { answerCalls } from "../processes.ts";
import type { StoreSetting } from "./server.ts";

export interface Filling {
  readonly store: StoreSetting;
  readonly document: string;
  readonly bytes: number;
  /** One more person for each filling: numbers begin anew. */
  readonly person: number;
}

const strokesPerUpload = 100;
const pointsPerStroke = 60;

const calls = {
  /** Strokes of one person, as many as make so many bytes of log. */
  fill: async ({ store: setting, document, bytes, person }: Filling): Promise<void> => {
    const store = await chosenStore(setting);
    await store.open();
    const userId = `person-${person}` as UserId;
    const session = `session-of-person-${person}`.slice(-16) as SessionId;
    const doc = new Y.Doc();
    const client = 1_000 + person;
    doc.clientID = client;
    let update: Uint8Array = new Uint8Array();
    doc.on("update", (made: Uint8Array) => {
      update = made;
    });
    let stored = 0;
    for (let upload = 1; stored < bytes; upload++) {
      doc.transact(() => draw(doc.getMap("strokes"), person, upload));
      const hash = new Uint8Array(createHash("sha256").update(update).digest());
      const words = { session, userId, upload, seqTo: upload, owners: [{ client, userId }], atMs: Date.now() };
      const appended = await store.append(document as DocumentId, 1, { ...words, hash, update });
      if (appended.outcome !== "stored") throw new Error(`The store answered ${appended.outcome}.`);
      stored += update.length;
    }
    await store.claim(document as DocumentId, [{ client, userId }]);
    await store.close();
  },
};

export type FillerCalls = typeof calls;

answerCalls(calls);

function draw(strokes: Y.Map<unknown>, person: number, upload: number): void {
  for (let number = 0; number < strokesPerUpload; number++) {
    const seed = upload * strokesPerUpload + number;
    const points = Array.from({ length: pointsPerStroke }, (_, at) => (seed * 7_919 + at * at * 31) % 100_000);
    const fields: [string, unknown][] = [
      ["color", "#1c7ed6"],
      ["points", points],
    ];
    strokes.set(`stroke-${person}-${seed}`, new Y.Map(fields));
  }
}
