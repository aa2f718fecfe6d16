import type { Folded, FoldJob } from "../core/ports.ts";

/** What `FoldThread` and its worker say to each other. */
export interface FoldRequest {
  readonly number: number;
  readonly job: FoldJob;
}
export type FoldAnswer =
  /** Once, when the worker has loaded its code. */
  | { readonly type: "ready" }
  | { readonly type: "folded"; readonly number: number; readonly folded: Folded }
  | { readonly type: "refused"; readonly number: number; readonly reason: string };
