import type * as Y from "yjs";
import { ServerFailure, type UserId } from "./core/ports.ts";
import type { StoredCopy } from "./core/replica-contract.ts";
import { ProviderError } from "./errors.ts";
import type { CopyIdentity, CopyPlace, CopyProblem, LocalCopy, Persistence } from "./persistence.ts";

export interface CopyKeeperEvents {
  /** What was stored is in the first document, or it is clear that nothing comes. Once. */
  readonly loaded: () => void;
  readonly problem: (error: ProviderError) => void;
}

type State =
  | { readonly phase: "none" }
  | { readonly phase: "loading"; readonly copy: LocalCopy }
  /** Of a document that the server has just filled: nobody waits for its new copy. */
  | { readonly phase: "replacing"; readonly copy: LocalCopy }
  | { readonly phase: "kept"; readonly copy: LocalCopy; readonly identity: CopyIdentity | null }
  /** The server's document is another one: nothing of this may be named as its. */
  | { readonly phase: "orphan"; readonly copy: LocalCopy };

/** A provider's copy on this device: loaded first, named when the server says what it is, set aside when it is not. */
export class CopyKeeper implements StoredCopy {
  readonly #persistence: Persistence | null;
  readonly #place: CopyPlace;
  readonly #events: CopyKeeperEvents;
  #state: State = { phase: "none" };
  #latest: CopyIdentity | null = null;

  constructor(persistence: Persistence | null, place: CopyPlace, events: CopyKeeperEvents) {
    this.#persistence = persistence;
    this.#place = place;
    this.#events = events;
  }

  get isLoading(): boolean {
    return this.#state.phase === "loading";
  }

  /** Of the content that was loaded; null: none, or none that ever met the server. */
  get generation(): number | null {
    return this.#state.phase === "kept" ? (this.#state.identity?.generation ?? null) : null;
  }

  get userId(): UserId | null {
    return this.#state.phase === "kept" ? ((this.#state.identity?.userId as UserId | undefined) ?? null) : null;
  }

  isOrigin(origin: unknown): boolean {
    return this.#state.phase !== "none" && this.#state.copy.isOrigin(origin);
  }

  open(doc: Y.Doc): void {
    this.#open(doc, "loading");
  }

  /** CN9: a copy of another generation, or that another user of this device made, is never uploaded; throws for the latter. */
  introduced({ generation, userId }: CopyIdentity): void {
    const before = this.#latest;
    this.#latest = { generation, userId };
    if (this.#state.phase !== "kept") return;
    const { copy, identity } = this.#state;
    if (identity?.generation === generation && identity.userId === userId) return;
    // ID11: whoever this page was goes on under another name, with everything that the page holds.
    const isRenamed = before !== null && before.userId === identity?.userId && identity.generation === generation;
    if (identity === null || isRenamed) {
      this.#state = { phase: "kept", copy, identity: this.#latest };
      copy.identify(this.#latest);
      return;
    }
    this.#state = { phase: "orphan", copy };
    // Another generation: the server has refused it, and the replica reloads already.
    if (identity.userId === userId) return;
    const message = "The copy on this device is another user's; it was set aside.";
    throw new ServerFailure({ kind: "user-changed", message });
  }

  /** The document is being replaced: the copy is kept for export, and nobody loads it any more. Null: there is none. */
  setAside(): Promise<void> | null {
    if (this.#state.phase === "none") return null;
    const { copy } = this.#state;
    this.#state = { phase: "replacing", copy };
    return copy.setAside();
  }

  /** The document that took its place gets its own copy. */
  replace(doc: Y.Doc): void {
    if (this.#state.phase !== "none") this.#open(doc, "replacing");
  }

  close(): void {
    if (this.#state.phase !== "none") void this.#state.copy.close();
    this.#state = { phase: "none" };
  }

  #open(doc: Y.Doc, phase: "loading" | "replacing"): void {
    if (this.#persistence === null) return;
    const copy = this.#persistence.open(this.#place, doc, (problem, message) => {
      this.#events.problem(copyError(problem, message));
    });
    const state: State = { phase, copy };
    this.#state = state;
    void copy.loaded.then((identity) => {
      if (this.#state !== state) return;
      const latest = phase === "replacing" ? this.#latest : null;
      this.#state = { phase: "kept", copy, identity: identity ?? latest };
      if (identity === null && latest !== null) copy.identify(latest);
      if (phase === "loading") this.#events.loaded();
    });
  }
}

const nextSteps: Readonly<Record<CopyProblem, string>> = {
  unavailable: "There is no copy on this device (private browsing?); edits are kept in memory until they are saved.",
  unreadable: "The copy on this device could not be read; the document comes from the server.",
  "quota-exceeded": "The device's storage is full: edits are not kept here any more. Free some space.",
  "write-failed": "The copy on this device could not be written: edits are kept in memory until they are saved.",
};

function copyError(problem: CopyProblem, message: string): ProviderError {
  return new ProviderError("local-copy", `${nextSteps[problem]} (${message})`, problem);
}
