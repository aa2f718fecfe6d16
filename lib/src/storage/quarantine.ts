import type { QuarantineItem } from "../core/document-store.ts";
import type { DocumentHead } from "./document-head.ts";
import { allOf, recordKey } from "./keys.ts";
import { storeLimits } from "./limits.ts";
import { quarantineRecord } from "./records.ts";
import type { Operation } from "./writer.ts";

/** DU9: kept for people to look at; a hostile writer cannot fill the disk with it. */
export function quarantineOperation(of: DocumentHead, item: QuarantineItem): Operation<void> {
  const key = recordKey("quarantine", of.key, item.cursor);
  return {
    keys: [of.recordKey],
    bytes: item.update.length,
    async decide(draft) {
      draft.put(key, quarantineRecord.encode(key, item));
      const kept = await draft.read(allOf("quarantine", of.key));
      for (const oldest of kept.slice(0, Math.max(0, kept.length - storeLimits.quarantineMax)))
        draft.remove(oldest.key);
    },
  };
}
