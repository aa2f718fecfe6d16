import { durabilityLimits } from "./limits.ts";
import { mergeAll } from "./merge.ts";
import { splitUpdate } from "./split.ts";

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

  /** The updates that no receipt covers, the open window's too. */
  get everything(): readonly Uint8Array[] {
    return [...this.batches.map(({ update }) => update), ...this.window];
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

  /** Ends the window: its edits become a batch with the next number, or several when they are too large for one. */
  close(): readonly Batch[] {
    if (this.window.length === 0) return [];
    const batches = this.number(mergeAll(this.window), this.window.length);
    this.window = [];
    return batches;
  }

  /** DU6: what the document held already. */
  addFound(update: Uint8Array): void {
    this.number(update, 1);
  }

  /** DU4: a receipt covers everything up to `seqTo`. */
  receipted(seqTo: number): void {
    this.batches = this.batches.filter((batch) => batch.seqTo > seqTo);
  }

  /** The last part carries the count: edits are saved when all of them is. */
  private number(update: Uint8Array, edits: number): readonly Batch[] {
    const parts = splitUpdate(update, durabilityLimits.batchBytesMax);
    const added = parts.map((part, index): Batch => {
      this.lastSeq++;
      const isLast = index === parts.length - 1;
      return { seqFrom: this.lastSeq, seqTo: this.lastSeq, update: part, edits: isLast ? edits : 0 };
    });
    for (const batch of added) this.batches.push(batch);
    if (this.batches.length > durabilityLimits.batchesMax) this.mergeOldest();
    return added;
  }

  /** The older half, neighbours together as long as they stay small. */
  private mergeOldest(): void {
    const old = this.batches.slice(0, this.batches.length / 2);
    const groups: Batch[][] = [];
    let room = 0;
    for (const batch of old) {
      const last = groups.at(-1);
      room -= batch.update.length;
      if (last !== undefined && room >= 0) last.push(batch);
      else {
        groups.push([batch]);
        room = durabilityLimits.batchBytesMax - batch.update.length;
      }
    }
    this.batches = [...groups.flatMap(merged), ...this.batches.slice(old.length)];
  }
}

function merged(group: readonly Batch[]): readonly Batch[] {
  const first = group[0];
  const last = group.at(-1);
  if (first === undefined || last === undefined || first === last) return group;
  const update = mergeAll(group.map((batch) => batch.update));
  const edits = group.reduce((sum, batch) => sum + batch.edits, 0);
  return [{ seqFrom: first.seqFrom, seqTo: last.seqTo, update, edits }];
}
