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
   * The batches that bring something of these ranges, oldest first; those that begin before a range go last: what they
   * repeat may have come to the log from another session (DU12).
   */
  holding(ranges: readonly Range[]): readonly ProvenBatch[] {
    const exact: ProvenBatch[] = [];
    const early: ProvenBatch[] = [];
    for (const batch of ranges.length === 0 ? [] : this.batches) {
      const checked = validateUpdate(batch.update, liveLimits);
      const pairs = (checked.ok ? checked.summary.structs : []).flatMap((struct) =>
        ranges.filter((range) => overlaps(struct, range)).map((range) => struct.clock < range.clock),
      );
      if (pairs.length > 0) (pairs.includes(true) ? early : exact).push(batch);
    }
    return [...exact, ...early];
  }
}

function overlaps(one: Range, other: Range): boolean {
  return one.client === other.client && one.clock < other.clock + other.length && other.clock < one.clock + one.length;
}
