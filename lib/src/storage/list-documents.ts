import type { DocumentId } from "y-webpubsub/core";
import type { DocumentInfo } from "../core/document-history.ts";
import { DocumentHead } from "./document-head.ts";
import { everyDocument } from "./keys.ts";
import { headRecord } from "./records.ts";
import type { Table } from "./table.ts";

/** In the order of the keys, which are digests of the ids. */
export async function readDocuments(
  table: Table,
  after: DocumentId | null,
  max: number,
): Promise<readonly DocumentInfo[]> {
  const last = after === null ? null : new DocumentHead(after).key;
  const [records = []] = await table.read([{ ...everyDocument(last), countMax: Math.max(1, max) }]);
  return records.map(({ key, value }) => {
    const { document } = headRecord.decode(key, value);
    const of = new DocumentHead(document as DocumentId);
    const head = of.decode(value);
    const deleted = head.generation > 1 && head.position === 0;
    return { document: of.document, generation: head.generation, head: of.cursor(head), deleted };
  });
}
