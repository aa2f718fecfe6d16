import type { DocumentId, SessionId } from "y-webpubsub/core";
import type { DocumentStore } from "y-webpubsub-server/core";
import { readContents } from "./contents.ts";
import { type Element, nameOf } from "./element.ts";

export interface Findings {
  readonly acknowledged: number;
  readonly stored: number;
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** There more than once. */
  readonly doubled: readonly string[];
  /** There, though nobody sent it, or after a gap of its session. */
  readonly strange: readonly string[];
  readonly damaged: readonly string[];
}

/** What the writers were told, kept outside of their processes: a set checker in Jepsen's manner. */
export class Ledger {
  /** The last acknowledged upload of each session; a session sends one after the other. */
  readonly #sessions: Map<SessionId, { readonly document: DocumentId; upload: number }> = new Map();

  /** A session sends from now on; its first upload may be stored before it is acknowledged. */
  begun(document: DocumentId, session: SessionId): void {
    if (!this.#sessions.has(session)) this.#sessions.set(session, { document, upload: 0 });
  }

  acknowledged({ document, session, upload }: Element): void {
    this.#sessions.set(session, { document, upload });
  }

  get count(): number {
    let count = 0;
    for (const { upload } of this.#sessions.values()) count += upload;
    return count;
  }

  /** What was perhaps under way when these sessions ended: to be sent again, byte for byte. */
  unfinished(sessions: readonly SessionId[]): Element[] {
    return sessions.flatMap((session) => {
      const known = this.#sessions.get(session);
      return known ? [{ document: known.document, session, upload: known.upload + 1 }] : [];
    });
  }

  async check(store: DocumentStore): Promise<Findings> {
    const found: string[] = [];
    const damaged: string[] = [];
    for (const document of new Set([...this.#sessions.values()].map((session) => session.document))) {
      const contents = await readContents(store, document);
      found.push(...contents.names);
      damaged.push(...contents.damaged.map((problem) => `${document}: ${problem}`));
    }
    const stored = new Set(found);
    const allowed = new Set<string>();
    const lost: string[] = [];
    const strange: string[] = [];
    for (const [session, { document, upload: last }] of this.#sessions) {
      let gap = false;
      for (let upload = 1; upload <= last + 1; upload++) {
        const name = nameOf({ document, session, upload });
        allowed.add(name);
        if (gap && stored.has(name)) strange.push(name);
        gap ||= !stored.has(name);
        if (upload <= last && !stored.has(name)) lost.push(name);
      }
    }
    for (const name of stored) if (!allowed.has(name)) strange.push(name);
    const seen = new Set<string>();
    const doubled = found.filter((name) => seen.size === seen.add(name).size);
    return { acknowledged: this.count, stored: stored.size, lost, doubled, strange, damaged };
  }
}

export function isClean({ lost, doubled, strange, damaged }: Findings): boolean {
  return lost.length + doubled.length + strange.length + damaged.length === 0;
}
