import type { FrozenUpload } from "./frozen-upload.ts";
import type { ClockRange, Neighbour, Receipt } from "./ports.ts";
import type { ProvenBatch } from "./signed-batches.ts";

/** What uploads need of the rest. */
export interface UploadEvents {
  /** Closes the open window, so that its edits are part of what goes up. */
  readonly closeWindow: () => void;
  /** SY10: whether the room must be told by the server. */
  readonly mustAnnounce: () => boolean;
  /** DU7: an update with what this replica holds of the ranges; `foreign`: with those of other users' clients too. */
  readonly supply: (
    ranges: readonly ClockRange[],
    foreign: boolean,
  ) => { update: Uint8Array; adoption: boolean } | null;
  /** DU8: others' batches that bring something of the ranges, as their authors signed them. */
  readonly proven: (ranges: readonly ClockRange[]) => readonly ProvenBatch[];
  /** DU8: whether the server takes anybody's word for an absent author. */
  readonly mayAdopt: () => boolean;
  /** DU6: what is unsaved holds another user's edits, and nobody can sign for that user here. */
  readonly disowned: (update: Uint8Array) => void;
  /**
   * DU6: the server lacks these for `sinceMs`, and nobody here can bring them. True: they are said again under new ids, in
   * a new session.
   */
  readonly orphaned: (ranges: readonly ClockRange[], sinceMs: number) => boolean;
  readonly stored: (upload: FrozenUpload, receipt: Receipt) => void;
  readonly generationChanged: () => void;
  /** SY15: the server cannot be reached or cannot store now; the upload is tried again by itself. */
  readonly delayed: () => void;
  /** DU12: read the log: it may hold these already. */
  readonly suspectLog: () => void;
  /** ID11. */
  readonly sessionTaken: () => void;
  /** DU12: whose words the update builds on that were not read in the log. */
  readonly neighbours: (update: Uint8Array) => readonly Neighbour[];
  /** DU12: the update without the structs that the log is known to hold. */
  readonly trimmed: (update: Uint8Array) => Uint8Array;
  /** AC4: the server does not take this user's uploads any more. */
  readonly accessChanged: () => void;
}
