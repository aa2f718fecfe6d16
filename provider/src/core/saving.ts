import * as Y from "yjs";
import { type ClientIds, unsavedClocks } from "./client-ids.ts";
import type { Content } from "./content.ts";
import type { Context } from "./context.ts";
import type { Coverage, CoverageGap } from "./coverage.ts";
import type { Identity } from "./identity.ts";
import { durabilityLimits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { Lost } from "./parts.ts";
import type { ClockRange, Role, Ticket } from "./ports.ts";
import type { Publisher } from "./publisher.ts";
import type { SaveState } from "./replica-contract.ts";
import { selectForLog } from "./select.ts";
import type { ProvenBatch, SignedBatches } from "./signed-batches.ts";
import { saveStateOf } from "./status.ts";
import { Uploads } from "./uploads.ts";

export interface SavingParts {
  readonly outbox: Outbox;
  readonly content: Content;
  readonly publisher: Publisher;
  readonly clientIds: ClientIds;
  readonly identity: Identity;
  readonly batches: SignedBatches;
  /** DU12: what an earlier session wrote under ids that are of no use any more. */
  readonly lost: Lost;
}

export interface SavingEvents {
  readonly generationChanged: () => void;
  readonly suspectLog: () => void;
  readonly accessChanged: () => void;
  readonly sessionTaken: () => void;
  /** The session ends. DU6: only their author could save structs of these ids; the next one says them again. */
  readonly disowned: (lost: Lost) => void;
  /** SY10: nobody hears of an upload by live frames now. */
  readonly mustAnnounce: () => boolean;
}

/** DU4 to DU8: what the server has of this document, what it lacks, and the word *saved*. */
export class Saving {
  readonly uploads: Uploads;
  private readonly context: Context;
  private readonly parts: SavingParts;
  private readonly events: SavingEvents;
  private ticket: Ticket | null = null;
  /** DU6: what the document held before; null once compared with the server's coverage. */
  private found: Coverage | null;
  private isSuperseded = false;

  constructor(context: Context, parts: SavingParts, events: SavingEvents) {
    this.context = context;
    this.parts = parts;
    this.events = events;
    this.found = parts.content.coverage();
    this.uploads = new Uploads(context, parts.outbox, {
      ...events,
      closeWindow: () => parts.publisher.closeWindow(),
      delayed: () => parts.publisher.serverGone(),
      supply: (ranges, foreign) => this.supply(ranges, foreign),
      proven: (ranges) => this.proven(ranges),
      mayAdopt: () => parts.identity.mode === "stamped",
      disowned: (update) => events.disowned(this.notMineIn(update)),
      orphaned: (ranges, sinceMs) => {
        const orphans = this.orphansIn(ranges, sinceMs);
        if (orphans.size > 0) events.disowned(orphans);
        return orphans.size > 0;
      },
      neighbours: (update) => parts.content.comparison.neighbours(update),
      trimmed: (update) => this.trimmed(update),
      stored: ({ seqFrom, seqTo, update, number, hash }, receipt) => {
        parts.content.stored(update);
        parts.publisher.stored({ seqFrom, seqTo, upload: number, hash }, receipt);
        context.emit({ type: "saved", cursor: receipt.cursor });
      },
    });
  }

  get isReaders(): boolean {
    return this.ticket?.role === "reader";
  }

  /** DU12: what the next session must move; more, when this one ends before it knew what the log lacks of its own. */
  withUnmoved(lost: Lost): Lost {
    return this.found === null || this.isSuperseded ? lost : new Map([...this.parts.lost, ...lost]);
  }

  /** DU6: what a local copy brought counts as held before. */
  loaded(): void {
    this.found = this.parts.content.coverage();
  }

  /** DU12: what is unsaved speaks of ids of before: nothing of it goes up, the next session finds what the log lacks. */
  supersede(): void {
    this.loaded();
    this.isSuperseded = true;
    this.uploads.letGo();
  }

  /** `trying`: the replica is connected or about to be. */
  state(trying: boolean): SaveState {
    const mayUpload = this.ticket?.role === "writer" && !this.uploads.isClosed && !this.uploads.isFailing;
    return saveStateOf({
      compared: this.found === null,
      unsaved: this.parts.outbox.unsavedEdits,
      onItsWay: trying && mayUpload,
    });
  }

  negotiated(ticket: Ticket): void {
    this.ticket = ticket;
    if (ticket.role === "reader") this.uploads.close();
    else if (this.found === null) this.uploads.open(ticket);
  }

  /** The log was applied. The first time decides what the server lacks of what was here before (DU5, DU6). False: the session ended. */
  caughtUp(): boolean {
    if (this.found === null || this.ticket === null || this.isSuperseded) return true;
    const { claims, shadow } = this.parts.content;
    if (this.parts.lost.size > 0) {
      this.moveLost();
      // What was typed since speaks of the ids of before, and somebody's words may stand elsewhere for others now.
      this.supersede();
      this.events.disowned(new Map());
      return false;
    }
    const { structs, deletes } = this.found.missingFrom(shadow);
    this.found = null;
    const only = { structs: structs.filter(({ client }) => this.isOwn(client) || claims.isLeft(client)), deletes };
    const update = this.foundOnlyHere(only, this.ticket.role);
    if (update !== null) this.parts.outbox.addFound(update, this.isAdoption(only.structs));
    // A reader's is not uploaded, and not called saved either.
    if (this.ticket.role !== "writer") return true;
    this.uploads.open(this.ticket);
    if (this.parts.outbox.unsavedEdits > 0) this.uploads.send();
    return true;
  }

  /** Other users' edits are not this user's to upload: if nobody does, they are adopted (SY9). */
  private foundOnlyHere({ structs, deletes }: CoverageGap, role: Role): Uint8Array | null {
    // The log does not name all deletions (Yjs makes some while it merges): alone they do not put a reader at risk.
    const isAtRisk = role === "writer" || structs.length > 0;
    return selectForLog(this.context.doc, { structs, deletes: isAtRisk ? deletes : [] });
  }

  /** ID11, DU12: what the log still lacks of ids that are of no use any more takes new ids. */
  private moveLost(): void {
    const { lost, clientIds, content } = this.parts;
    for (const [client, since] of lost) {
      const clock = Math.max(since, content.shadow.clock(client));
      const isFixed = (id: Y.ID): boolean => id.clock < content.shadow.clock(id.client);
      if (!clientIds.giveWay({ client, clock }, isFixed)) this.context.drops.drop("edits-not-moved");
    }
  }

  /** SY9, DU8: what the server lacks for too long. In signed mode others' edits go up as their authors signed them. */
  adopt(lacked: CoverageGap): void {
    if (this.parts.identity.mode === "stamped") {
      const update = selectForLog(this.context.doc, lacked);
      if (update !== null) this.uploads.adopt(update);
      return;
    }
    const structs = lacked.structs.filter(({ client }) => this.isOwn(client));
    const update = selectForLog(this.context.doc, { structs, deletes: lacked.deletes });
    if (update !== null) this.uploads.adopt(update);
    this.uploads.adoptProven(this.proven(lacked.structs));
  }

  /** SY9: structs of another user's, which no upload of this session could save. */
  isUnsavable(range: ClockRange): boolean {
    if (this.isOwn(range.client)) return false;
    return this.isReaders || (this.parts.identity.mode === "signed" && this.proven([range]).length === 0);
  }

  private proven(ranges: readonly ClockRange[]): readonly ProvenBatch[] {
    return this.parts.batches.holding(ranges.filter(({ client }) => !this.isOwn(client)));
  }

  /** DU6: what is held here of what only its author could save. */
  private orphansIn(ranges: readonly ClockRange[], sinceMs: number): Lost {
    if (this.parts.identity.mode === "stamped" || sinceMs < durabilityLimits.orphanMs) return new Map();
    const { store } = this.context.doc;
    const held = ranges.filter(({ client, clock }) => !this.isOwn(client) && clock < Y.getState(store, client));
    return new Map(held.map(({ client, clock }) => [client, clock]));
  }

  /** DU12. */
  private trimmed(update: Uint8Array): Uint8Array {
    const known = new Map<number, number>();
    for (const client of unsavedClocks([update]).keys()) known.set(client, this.parts.content.shadow.clock(client));
    return Y.diffUpdate(update, Y.encodeStateVector(known));
  }

  /** DU7. */
  private supply(ranges: readonly ClockRange[], foreign: boolean): { update: Uint8Array; adoption: boolean } | null {
    const isAllowed = foreign && this.parts.identity.mode === "stamped";
    const structs = ranges.filter(({ client }) => isAllowed || this.isOwn(client));
    const update = structs.length === 0 ? null : selectForLog(this.context.doc, { structs, deletes: [] });
    return update === null ? null : { update, adoption: this.isAdoption(structs) };
  }

  /** DU8: in signed mode nobody's word is taken for it. */
  private isAdoption(structs: readonly ClockRange[]): boolean {
    return this.parts.identity.mode === "stamped" && !structs.every(({ client }) => this.isMine(client));
  }

  /** Known to be this user's: what nobody has claimed may be anybody's, and is not claimed by saving it. */
  private isMine(client: number): boolean {
    return this.parts.clientIds.all.includes(client) || this.parts.content.claims.owner(client) === this.ticket?.userId;
  }

  private notMineIn(update: Uint8Array): Lost {
    return new Map([...unsavedClocks([update])].filter(([client]) => !this.isMine(client)));
  }

  isOwn(client: number): boolean {
    const owner = this.parts.content.claims.owner(client);
    return owner === null || owner === this.ticket?.userId;
  }
}
