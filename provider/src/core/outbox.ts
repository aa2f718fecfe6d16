import { durabilityLimits } from "./limits.ts";
import { mergeAll } from "./merge.ts";

/** Local edits of one window, or of several merged ones. */
export interface Batch {
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly update: Uint8Array;
  /** Local transactions in it. */
  readonly edits: number;
}

/** SY5, DU4: the open window and the batches that no receipt covers yet. */
export class Outbox {
  private window: Uint8Array[] = [];
  private batches: Batch[] = [];
  private lastSeq = 0;

  /** The last number given. */
  get seq(): number {
    return this.lastSeq;
  }

  get windowIsOpen(): boolean {
    return this.window.length > 0;
  }

  /** Oldest first. */
  get unsaved(): readonly Batch[] {
    return this.batches;
  }

  get unsavedEdits(): number {
    let edits = this.window.length;
    for (const batch of this.batches) edits += batch.edits;
    return edits;
  }

  get unsavedBytes(): number {
    let bytes = 0;
    for (const update of this.window) bytes += update.length;
    for (const batch of this.batches) bytes += batch.update.length;
    return bytes;
  }

  /** One local transaction. */
  add(update: Uint8Array): void {
    this.window.push(update);
  }

  /** Ends the window: its edits become one batch with the next number. Null: there were none. */
  close(): Batch | null {
    if (this.window.length === 0) return null;
    const batch = this.number(mergeAll(this.window), this.window.length);
    this.window = [];
    return batch;
  }

  /** DU6: what the document held already. */
  addFound(update: Uint8Array): Batch {
    return this.number(update, 1);
  }

  /** DU4: a receipt covers everything up to `seqTo`. */
  receipted(seqTo: number): void {
    this.batches = this.batches.filter((batch) => batch.seqTo > seqTo);
  }

  private number(update: Uint8Array, edits: number): Batch {
    this.lastSeq++;
    const batch = { seqFrom: this.lastSeq, seqTo: this.lastSeq, update, edits };
    this.batches.push(batch);
    if (this.batches.length > durabilityLimits.batchesMax) this.mergeOldest();
    return batch;
  }

  private mergeOldest(): void {
    const old = this.batches.slice(0, durabilityLimits.batchesMax / 2);
    const first = old[0];
    const last = old.at(-1);
    if (first === undefined || last === undefined) return;
    const update = mergeAll(old.map((batch) => batch.update));
    const edits = old.reduce((sum, batch) => sum + batch.edits, 0);
    this.batches = [{ seqFrom: first.seqFrom, seqTo: last.seqTo, update, edits }, ...this.batches.slice(old.length)];
  }
}
