import type { Content } from "./content.ts";
import type { Context } from "./context.ts";
import type { Coverage } from "./coverage.ts";
import type { Outbox } from "./outbox.ts";
import type { ClockRange, Role, Ticket } from "./ports.ts";
import type { Publisher } from "./publisher.ts";
import type { SaveState } from "./replica-contract.ts";
import { selectUpdate } from "./select.ts";
import { saveStateOf } from "./status.ts";
import { Uploads } from "./uploads.ts";

export interface SavingParts {
  readonly outbox: Outbox;
  readonly content: Content;
  readonly publisher: Publisher;
}

export interface SavingEvents {
  readonly generationChanged: () => void;
  readonly suspectLog: () => void;
  /** SY10: nobody hears of an upload by live frames now. */
  readonly mustAnnounce: () => boolean;
}

/** DU4 to DU8: what the server has of this document, what it lacks, and the word *saved*. */
export class Saving {
  readonly uploads: Uploads;
  private readonly context: Context;
  private readonly parts: SavingParts;
  private ticket: Ticket | null = null;
  /** DU6: what the document held before; null once compared with the server's coverage. */
  private found: Coverage | null;

  constructor(context: Context, parts: SavingParts, events: SavingEvents) {
    this.context = context;
    this.parts = parts;
    this.found = parts.content.coverage();
    this.uploads = new Uploads(context, parts.outbox, {
      ...events,
      closeWindow: () => parts.publisher.closeWindow(),
      supply: (ranges, foreign) => this.supply(ranges, foreign),
      stored: ({ seqFrom, seqTo, update, number, hash }, receipt) => {
        parts.content.stored(update);
        parts.publisher.stored({ seqFrom, seqTo, upload: number, hash });
        context.emit({ type: "saved", cursor: receipt.cursor });
      },
    });
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

  /** The log was applied. The first time decides what the server lacks of what was here before (DU5, DU6). */
  caughtUp(): void {
    if (this.found === null || this.ticket === null) return;
    const found = this.found;
    this.found = null;
    const update = this.foundOnlyHere(found, this.ticket.role);
    if (update !== null) this.parts.outbox.addFound(update);
    // A reader's is not uploaded, and not called saved either.
    if (this.ticket.role !== "writer") return;
    this.uploads.open(this.ticket);
    if (this.parts.outbox.unsavedEdits > 0) this.uploads.send();
  }

  /** Other users' edits are not this user's to upload: if nobody does, they are adopted (SY9). */
  private foundOnlyHere(found: Coverage, role: Role): Uint8Array | null {
    const { structs, deletes } = found.missingFrom(this.parts.content.shadow);
    const own = structs.filter(({ client }) => this.isOwn(client));
    // The log does not name all deletions (Yjs makes some while it merges): alone they do not put a reader at risk.
    return selectUpdate(this.context.doc, {
      structs: own,
      deletes: role === "writer" || own.length > 0 ? deletes : [],
    });
  }

  /** DU7. */
  private supply(ranges: readonly ClockRange[], foreign: boolean): { update: Uint8Array; adoption: boolean } | null {
    const structs = ranges.filter(({ client }) => foreign || this.isOwn(client));
    const update = selectUpdate(this.context.doc, { structs, deletes: [] });
    return update === null ? null : { update, adoption: structs.some(({ client }) => !this.isOwn(client)) };
  }

  private isOwn(client: number): boolean {
    const owner = this.parts.content.claims.owner(client);
    return owner === null || owner === this.ticket?.userId;
  }
}
