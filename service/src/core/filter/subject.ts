/** What a filter can see of a connection. */
export interface Subject {
  readonly connectionId: string;
  /** Undefined: anonymous. */
  readonly userId: string | undefined;
  /** The negotiated subprotocol; undefined if there is none. */
  readonly protocol: string | undefined;
  readonly groups: { readonly size: number; has(name: string): boolean };
}
