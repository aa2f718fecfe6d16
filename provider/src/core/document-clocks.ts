import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import type { Range, UpdateSummary } from "./update-summary.ts";

/** A document's clocks of the clients that an update names, and of no others: as cheap as the update is small. */
export function clocksFor(doc: Y.Doc, { structs, deletes, needs }: UpdateSummary): Coverage {
  const clients = new Set<number>(needs.keys());
  for (const { client } of structs) clients.add(client);
  for (const { client } of deletes) clients.add(client);
  const sv = new Map([...clients].map((client) => [client, Y.getState(doc.store, client)]));
  return Coverage.fromSnapshot({ sv, ds: { clients: new Map() } });
}

/** Whether a document has every struct of an update, and everything it deletes deleted: Yjs would find nothing to do. */
export function isKnown(doc: Y.Doc, { structs, deletes }: UpdateSummary): boolean {
  return (
    structs.every(({ client, clock, length, kind }) => kind === "skip" || reaches(doc, { client, clock, length })) &&
    deletes.every((range) => reaches(doc, range) && isDeleted(doc, range))
  );
}

/** Whether an update says something again that a document has, and goes on under the same client id. */
export function goesOn(doc: Y.Doc, { structs }: UpdateSummary): boolean {
  const said = structs.filter(({ kind }) => kind !== "skip");
  const repeated = new Set(
    said.filter(({ client, clock }) => clock < Y.getState(doc.store, client)).map(({ client }) => client),
  );
  return said.some((range) => repeated.has(range.client) && !reaches(doc, range));
}

function reaches({ store }: Y.Doc, { client, clock, length }: Range): boolean {
  return clock + length <= Y.getState(store, client);
}

function isDeleted({ store }: Y.Doc, { client, clock, length }: Range): boolean {
  const structs = store.clients.get(client) ?? [];
  for (let index = Y.findIndexSS(structs, clock); index < structs.length; index++) {
    const struct = structs[index];
    if (struct === undefined || struct.id.clock >= clock + length) return true;
    if (!struct.deleted) return false;
  }
  return true;
}
