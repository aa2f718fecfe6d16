import type { Folded, FoldJob } from "../core/ports.ts";

/** What `WorkerFolder` and its thread say to each other. */
export interface FoldRequest {
  readonly number: number;
  readonly job: FoldJob;
}
export type FoldAnswer =
  | { readonly number: number; readonly ok: true; readonly folded: Folded }
  | { readonly number: number; readonly ok: false; readonly reason: string };
