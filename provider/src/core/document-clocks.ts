import * as Y from "yjs";
import { Coverage } from "./coverage.ts";
import type { UpdateSummary } from "./update-summary.ts";

/** A document's clocks of the clients that an update names, and of no others: as cheap as the update is small. */
export function clocksFor(doc: Y.Doc, { structs, deletes, needs }: UpdateSummary): Coverage {
  const clients = new Set<number>(needs.keys());
  for (const { client } of structs) clients.add(client);
  for (const { client } of deletes) clients.add(client);
  const sv = new Map([...clients].map((client) => [client, Y.getState(doc.store, client)]));
  return Coverage.fromSnapshot({ sv, ds: { clients: new Map() } });
}
