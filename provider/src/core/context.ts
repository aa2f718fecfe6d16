import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import {
  type Clock,
  type DocumentId,
  type Drops,
  type Failure,
  type Random,
  type Server,
  ServerFailure,
  type SessionId,
} from "./ports.ts";
import type { ReplicaEvent } from "./replica-contract.ts";
import type { Timers } from "./timers.ts";
import type { Scope, Tasks } from "./turn.ts";

/** What the parts of one replica share. */
export interface Context {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly document: DocumentId;
  readonly session: SessionId;
  readonly origin: unknown;
  readonly clock: Clock;
  readonly random: Random;
  readonly server: Server;
  readonly drops: Drops;
  /** Of this session. */
  readonly turn: Scope;
  readonly timers: Timers;
  readonly emit: (event: ReplicaEvent) => void;
}

/** Continues on the replica's turn, and only if the answer is still wanted then. */
export function whenAnswered<T>(
  turn: Tasks,
  answer: Promise<T>,
  then: {
    readonly wanted: () => boolean;
    readonly done: (value: T) => void;
    readonly failed: (failure: Failure) => void;
  },
): void {
  answer.then(
    (value) => turn.post(() => (then.wanted() ? then.done(value) : undefined)),
    (error: unknown) => turn.post(() => (then.wanted() ? then.failed(failureOf(error)) : undefined)),
  );
}

function failureOf(error: unknown): Failure {
  if (error instanceof ServerFailure) return error.failure;
  return { kind: "unreachable", message: error instanceof Error ? error.message : "no answer", retryAfterMs: null };
}
