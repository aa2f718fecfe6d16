import type { Version, VersionId } from "../core/document-history.ts";
import type { DocumentHead } from "./document-head.ts";
import { versionRecord } from "./history-records.ts";
import { allOf, recordKey } from "./keys.ts";
import type { Table } from "./table.ts";
import type { Draft, Operation } from "./writer.ts";

export function putVersionOperation(of: DocumentHead, version: Version): Operation<"stored" | "generation-changed"> {
  return {
    keys: [of.recordKey],
    bytes: 1_024,
    decide(draft) {
      if (of.of(draft).generation !== version.generation) return "generation-changed";
      putVersion(draft, of, version);
      return "stored";
    },
  };
}

export function putVersion(draft: Draft, of: DocumentHead, version: Version): void {
  const key = recordKey("version", of.key, version.id);
  draft.put(key, versionRecord.encode(key, version));
}

/** Newest first. */
export async function readVersions(
  table: Table,
  of: DocumentHead,
  before: VersionId | null,
  max: number,
): Promise<readonly Version[]> {
  const all = allOf("version", of.key);
  const range = before === null ? all : { from: all.from, to: recordKey("version", of.key, before) };
  const [records = []] = await table.read([range]);
  const newest = records.slice(Math.max(0, records.length - max));
  return newest.reverse().map(({ key, value }) => versionRecord.decode(key, value));
}

export function removeVersionOperation(of: DocumentHead, id: VersionId): Operation<boolean> {
  const key = recordKey("version", of.key, id);
  return {
    keys: [key],
    bytes: 128,
    decide(draft) {
      const found = draft.get(key) !== null;
      if (found) draft.remove(key);
      return found;
    },
  };
}
