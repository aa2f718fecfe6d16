/** What an update may hold at most. Bytes, counts, clock units; each refusal names its limit. */
export interface UpdateLimits {
  readonly bytesMax: number;
  /** Clients whose structs the update carries. */
  readonly clientsMax: number;
  readonly structsMax: number;
  /** Clients whose content the update deletes. */
  readonly deleteClientsMax: number;
  readonly deleteRangesMax: number;
  /** No struct or deletion ends beyond this clock. */
  readonly clockMax: number;
  /** Objects and arrays inside one another in embedded values. */
  readonly jsonDepthMax: number;
  /** Yjs makes a whole Y.Doc for each sub-document while it decodes. */
  readonly subdocumentsMax: number;
  /** Distinct top-level names: Yjs keeps a type for each one for ever. */
  readonly rootNamesMax: number;
}

/** `gc` and `deleted` (a tombstone that kept its place) are both deleted content; `skip` is a gap, not content. */
export type StructKind = "item" | "deleted" | "gc" | "skip";

/** Neighbouring structs of one kind are one range. */
export interface StructRange {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
  readonly kind: StructKind;
}

export interface Range {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

/** What an update says, read without Yjs. */
export interface UpdateSummary {
  /** Sorted by client, then clock. */
  readonly structs: readonly StructRange[];
  /** Sorted by client, then clock; overlapping and touching ranges are merged. */
  readonly deletes: readonly Range[];
  /** Structs as encoded, skips included. */
  readonly structCount: number;
  /**
   * For each client that items refer to (origin, right origin, parent) beyond the update's own ranges: how far that
   * client's clock must be known. Needs that the start of an own range of that client already implies are left out.
   */
  readonly needs: ReadonlyMap<number, number>;
}
