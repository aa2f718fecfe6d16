import { sha256 } from "./digest.ts";
import type { EditFrame, SignedFrame } from "./frame.ts";
import { identityLimits } from "./limits.ts";
import type { Members } from "./members.ts";
import type { AuthorProof, LogEntry, SessionId } from "./ports.ts";
import type { Range } from "./update-summary.ts";
import { liveLimits, validateUpdate } from "./validate-update.ts";

/** An author's own bytes and what shows that they are the author's. */
export interface ProvenBatch {
  readonly session: SessionId;
  readonly update: Uint8Array;
  readonly proof: AuthorProof;
}

/** DU8: in signed mode others' batches are kept as they were signed, until the log has them: to be adopted if need be. */
export class SignedBatches {
  private readonly members: Members;
  private batches: ProvenBatch[] = [];
  private bytes = 0;

  /** `former`: of an earlier session on the same document. */
  constructor(members: Members, former: SignedBatches | null) {
    this.members = members;
    this.batches = former?.batches ?? [];
    this.bytes = former?.bytes ?? 0;
  }

  /** A frame whose signature holds. The oldest give way. */
  keep({ counter, signature }: SignedFrame, { session, seqFrom, seqTo, update, awareness }: EditFrame): void {
    const certificate = this.members.certificateBytes(session);
    if (certificate === null) return;
    const proof = { certificate, session, counter, seqFrom, seqTo, awarenessHash: sha256(awareness), signature };
    this.batches.push({ session, update, proof });
    this.bytes += update.length;
    while (this.batches.length > identityLimits.batchesMax || this.bytes > identityLimits.batchesBytesMax) {
      this.bytes -= this.batches.shift()?.update.length ?? 0;
    }
  }

  /** The log has it. */
  stored({ session, seqTo }: Pick<LogEntry, "session" | "seqTo">): void {
    this.batches = this.batches.filter((batch) => batch.session !== session || batch.proof.seqTo > seqTo);
    this.bytes = this.batches.reduce((sum, { update }) => sum + update.length, 0);
  }

  /**
   * The batches that bring something of these ranges, oldest first: before others those that begin where a range begins,
   * then those that begin before it (what they repeat may have come to the log from another session, DU12). Those that
   * begin after it build on what is missing, and cannot go first.
   */
  holding(ranges: readonly Range[]): readonly ProvenBatch[] {
    const found: Record<"exact" | "early" | "late", ProvenBatch[]> = { exact: [], early: [], late: [] };
    for (const batch of ranges.length === 0 ? [] : this.batches) {
      const checked = validateUpdate(batch.update, liveLimits);
      const places = (checked.ok ? checked.summary.structs : []).flatMap((struct) =>
        ranges.filter((range) => overlaps(struct, range)).map((range) => Math.sign(struct.clock - range.clock)),
      );
      if (places.includes(-1)) found.early.push(batch);
      else if (places.includes(0)) found.exact.push(batch);
      else if (places.length > 0) found.late.push(batch);
    }
    return [...found.exact, ...found.early, ...found.late];
  }
}

function overlaps(one: Range, other: Range): boolean {
  return one.client === other.client && one.clock < other.clock + other.length && other.clock < one.clock + one.length;
}
