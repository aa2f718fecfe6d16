import { type FrozenUpload, freezeBatches } from "./frozen-upload.ts";
import { identityLimits } from "./limits.ts";
import type { AuthorProof } from "./ports.ts";
import type { ProvenBatch } from "./signed-batches.ts";
import { splitUpdate } from "./split.ts";

interface Part {
  readonly update: Uint8Array;
  readonly proof: AuthorProof | null;
}

/** DU8: others' edits that the server lacks, in parts of an upload's size, waiting for their turn. */
export class Adoption {
  private parts: readonly Part[] = [];

  /** Replaces what waits. */
  take(update: Uint8Array, bytesMax: number): void {
    this.parts = splitUpdate(update, bytesMax).map((part) => ({ update: part, proof: null }));
  }

  /** Behind what waits: each as its author signed it, in the authors' order. */
  takeProven(batches: readonly ProvenBatch[]): void {
    const waiting = new Set(this.parts.map(({ update }) => update));
    const added = batches.filter(({ update }) => !waiting.has(update));
    this.parts = [...this.parts, ...added].slice(0, identityLimits.batchesMax);
  }

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  /** The next one as an upload; `seq`: all batches that the session has receipts for. Null: nothing waits. */
  next(seq: number, number: number, bytesMax: number): FrozenUpload | null {
    const [part, ...later] = this.parts;
    if (part === undefined) return null;
    this.parts = later;
    const batch = { seqFrom: seq, seqTo: seq, update: part.update, edits: 0 };
    return { ...freezeBatches([batch], number, bytesMax), adoption: true, proof: part.proof };
  }

  clear(): void {
    this.parts = [];
  }
}
