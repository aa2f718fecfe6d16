import type * as Y from "yjs";
import type { Context } from "./context.ts";

/** SY11: what others say reaches Yjs here and nowhere else. */
export class DocumentGuard {
  private readonly context: Context;
  private readonly broken: (message: string) => void;
  private state: "whole" | "applying" | "broken" = "whole";

  /** `broken`: Yjs threw; the document is of no use any more. Told once. */
  constructor(context: Context, broken: (message: string) => void) {
    this.context = context;
    this.broken = broken;
  }

  get isApplying(): boolean {
    return this.state === "applying";
  }

  get isBroken(): boolean {
    return this.state === "broken";
  }

  /**
   * A throw out of Yjs leaves a document that cannot be trusted any more. A throw out of somebody's observer does not:
   * Yjs finishes its transaction first, and everything that was to be applied is there (`complete`).
   */
  run(apply: () => void, complete: () => boolean): boolean {
    if (this.state === "broken") return false;
    this.state = "applying";
    const { doc, origin } = this.context;
    const hadPending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
    let finished = false;
    const onFinished = (transaction: Y.Transaction): void => {
      if (transaction.origin === origin) finished = true;
    };
    doc.on("afterTransactionCleanup", onFinished);
    try {
      apply();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!finished || !complete()) {
        this.state = "broken";
        this.broken(message);
        return false;
      }
      this.context.emit({ type: "connection-error", code: "observer-threw", message });
    } finally {
      doc.off("afterTransactionCleanup", onFinished);
    }
    this.state = "whole";
    if (!hadPending) this.dropPending();
    return true;
  }

  /** SY11: only a crafted update gets here (references in a circle); what Yjs parked would grow for ever. */
  private dropPending(): void {
    const { store } = this.context.doc;
    if (store.pendingStructs === null && store.pendingDs === null) return;
    store.pendingStructs = null;
    store.pendingDs = null;
    this.context.drops.drop("pending-cleared");
  }
}
