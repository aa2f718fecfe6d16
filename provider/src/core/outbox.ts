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
  /** DU6: some of it may be other users', as far as anybody knows here. */
  readonly adoption?: true;
}

/** SY5, DU4: the open window and the batches that no receipt covers yet. */
export class Outbox {
  private window: Uint8Array[] = [];
  private batches: readonly Batch[] = [];
  /** Of `batches`: each key asks several times. */
  private batched = { edits: 0, bytes: 0 };
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
    return this.window.length + this.batched.edits;
  }

  get unsavedBytes(): number {
    return this.window.reduce((bytes, update) => bytes + update.length, this.batched.bytes);
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
  addFound(update: Uint8Array, adoption: boolean): void {
    this.number(update, 1, adoption);
  }

  /** DU4: a receipt covers everything up to `seqTo`. */
  receipted(seqTo: number): void {
    this.hold(this.batches.filter((batch) => batch.seqTo > seqTo));
  }

  /** The last part carries the count: edits are saved when all of them is. */
  private number(update: Uint8Array, edits: number, adoption = false): readonly Batch[] {
    const parts = splitUpdate(update, durabilityLimits.batchBytesMax);
    const added = parts.map((part, index): Batch => {
      this.lastSeq++;
      const isLast = index === parts.length - 1;
      const batch = { seqFrom: this.lastSeq, seqTo: this.lastSeq, update: part, edits: isLast ? edits : 0 };
      return adoption ? { ...batch, adoption } : batch;
    });
    this.hold([...this.batches, ...added]);
    if (this.batches.length > durabilityLimits.batchesMax) this.mergeOldest();
    return added;
  }

  private hold(batches: readonly Batch[]): void {
    this.batches = batches;
    this.batched = { edits: 0, bytes: 0 };
    for (const { edits, update } of batches) {
      this.batched.edits += edits;
      this.batched.bytes += update.length;
    }
  }

  /** The older half, neighbours together as long as they stay small. */
  private mergeOldest(): void {
    const old = this.batches.slice(0, this.batches.length / 2);
    const groups: Batch[][] = [];
    let room = 0;
    for (const batch of old) {
      const last = groups.at(-1);
      room -= batch.update.length;
      if (last !== undefined && room >= 0 && last[0]?.adoption === batch.adoption) last.push(batch);
      else {
        groups.push([batch]);
        room = durabilityLimits.batchBytesMax - batch.update.length;
      }
    }
    this.hold([...groups.flatMap(merged), ...this.batches.slice(old.length)]);
  }
}

function merged(group: readonly Batch[]): readonly Batch[] {
  const first = group[0];
  const last = group.at(-1);
  if (first === undefined || last === undefined || first === last) return group;
  const update = mergeAll(group.map((batch) => batch.update));
  const edits = group.reduce((sum, batch) => sum + batch.edits, 0);
  return [{ ...first, seqTo: last.seqTo, update, edits }];
}
