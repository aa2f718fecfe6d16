import type { Claim, Head, LogPage, Receipt, SnapshotRef } from "y-webpubsub/core";
import type { Refusal } from "./admission.ts";

export type Uploaded = ({ readonly outcome: "receipt"; readonly repeated: boolean } & Stored) | Refusal;

/** AU2: what a room is told of. */
export interface Stored {
  readonly receipt: Receipt;
  /** Of the client ids that have structs in the update; none are named when it was stored before. */
  readonly owners: readonly Claim[];
}

export type Paged =
  | { readonly outcome: "page"; readonly page: LogPage }
  | { readonly outcome: "cursor-gone"; readonly snapshot: SnapshotRef | null }
  | { readonly outcome: "generation-changed"; readonly generation: number };

export type Headed =
  | { readonly outcome: "head"; readonly head: Head }
  | { readonly outcome: "generation-changed"; readonly generation: number };
