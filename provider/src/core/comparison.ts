import * as Y from "yjs";
import { type Clash, findClash, type Said } from "./clash.ts";
import type { Context } from "./context.ts";
import type { Coverage } from "./coverage.ts";
import type { LogEntry, Neighbour } from "./ports.ts";
import type { IsFixed } from "./reidentify.ts";
import { type UpdateSummary, uploadLimits, validateUpdate } from "./validate-update.ts";
import type { Writers } from "./writers.ts";

/**
 * What becomes of a difference. `unheard`: nobody else was heard with this client id, so that the content here is this
 * session's own. False: it cannot be resolved here.
 */
export type ResolveClash = (clash: Clash, unheard: boolean, isFixed: IsFixed) => boolean;

/** DU12: other content than the log's under the same ids: the log is right. */
export class Comparison {
  private readonly context: Context;
  private readonly writers: Writers;
  private readonly resolve: ResolveClash;
  /**
   * How far snapshot and entries have spoken of each client. Receipts do not count: on a store that other servers share,
   * somebody else's structs may lie before the own ones.
   */
  private readonly spoken = new Map<number, number>();

  constructor(context: Context, writers: Writers, resolve: ResolveClash) {
    this.context = context;
    this.writers = writers;
    this.resolve = resolve;
  }

  /** Before the entry is applied. */
  entry({ session, update }: LogEntry, { structs }: UpdateSummary): void {
    const speaksAnew = structs.some(
      ({ client, clock, length, kind }) => kind !== "skip" && this.isHeldAnew(client, clock, clock + length),
    );
    if (speaksAnew && session !== this.context.session) this.compare(Y.decodeUpdate(update));
    for (const { client, clock, length, kind } of structs) {
      if (kind !== "skip" && clock <= this.clock(client)) this.speak(client, clock + length);
    }
  }

  /** Before the snapshot is applied. Throws what Yjs throws when the payload cannot be read. */
  snapshot(payload: Uint8Array, coverage: Coverage): void {
    // Usually there is nothing to compare, and then a large document is not decoded for it.
    const speaksAnew = [...coverage.clocks].some(([client, clock]) => this.isHeldAnew(client, 0, clock));
    if (speaksAnew) this.compare(Y.decodeUpdateV2(payload));
    for (const [client, clock] of coverage.clocks) this.speak(client, clock);
  }

  /** Whose words an update builds on that the log has not spoken of to this replica; empty: only on its own and the log's. */
  neighbours(update: Uint8Array): readonly Neighbour[] {
    const checked = validateUpdate(update, uploadLimits);
    if (!checked.ok) return [];
    const { structs, deletes, needs } = checked.summary;
    const clients = new Set<number>();
    for (const [client, until] of needs) if (until > this.clock(client)) clients.add(client);
    for (const { client, clock, length } of deletes) if (clock + length > this.clock(client)) clients.add(client);
    // What stands in the update itself is compared as such; what it goes on from is not.
    const begins = new Map<number, number>();
    for (const { client, clock } of structs) if (!begins.has(client)) begins.set(client, clock);
    for (const [client, clock] of begins) {
      if (clock <= this.clock(client) || this.writers.source(client) === this.context.session) clients.delete(client);
      else clients.add(client);
    }
    return [...clients].map((client) => ({ client, session: this.writers.source(client) }));
  }

  private compare(said: Said): void {
    for (;;) {
      const clash = findClash(this.context.doc, said, (client) => this.clock(client));
      if (clash === null) return;
      this.context.drops.drop("client-clash");
      const isFixed = ({ client, clock }: Y.ID): boolean => clock < this.clock(client);
      if (!this.resolve(clash, this.writers.isUnheard(clash.client), isFixed)) return;
    }
  }

  /** Whether the document holds something between these clocks that the log has not spoken of yet. */
  private isHeldAnew(client: number, from: number, until: number): boolean {
    const held = Y.getState(this.context.doc.store, client);
    return from < held && until > this.clock(client) && held > this.clock(client);
  }

  /** How far snapshot and entries have spoken of a client. */
  clock(client: number): number {
    return this.spoken.get(client) ?? 0;
  }

  private speak(client: number, until: number): void {
    if (until > this.clock(client)) this.spoken.set(client, until);
  }
}
