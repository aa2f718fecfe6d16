import type { DocumentId, UserId } from "y-webpubsub/core";
import { DocumentLog, type DocumentStore, foldDocument, type LogPorts } from "y-webpubsub-server/core";
import * as Y from "yjs";
import { appendOne, entryOf, hashOf } from "./fixtures.ts";

/** Appends elements, each in an update of its own, as a client would that numbers its uploads. */
export async function writeElements(
  store: DocumentStore,
  room: DocumentId,
  name: string,
  count: number,
  written: Set<string>,
): Promise<void> {
  const doc = new Y.Doc();
  for (let upload = 1; upload <= count; upload++) {
    const before = Y.encodeStateVector(doc);
    const element = `${name} ${upload}`;
    doc.getArray<string>("elements").push([element]);
    const update = Y.encodeStateAsUpdate(doc, before);
    const owners = [{ client: doc.clientID, userId: name as UserId }];
    const entry = {
      ...entryOf(name.replace(" ", "-"), upload),
      update,
      hash: hashOf(update),
      owners,
      atMs: Date.now(),
    };
    await appendOne(store, room, entry);
    written.add(element);
  }
}

export async function elementsOf(store: DocumentStore, room: DocumentId): Promise<string[]> {
  const { payload } = await new DocumentLog(room, portsOf(store)).fold();
  const doc = new Y.Doc();
  Y.applyUpdateV2(doc, payload);
  return doc.getArray<string>("elements").toArray();
}

export function portsOf(store: DocumentStore, count: (name: string) => void = () => undefined): LogPorts {
  return {
    store,
    counters: { count },
    clock: { now: () => Date.now(), after: () => () => undefined },
    signer: { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) },
    folder: { fold: async (job: Parameters<typeof foldDocument>[0]) => foldDocument(job) },
  };
}
