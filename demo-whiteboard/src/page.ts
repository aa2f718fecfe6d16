/** What the server wrote into the page: which board it shows, and with which right. */
export type Page =
  /** `key` is null behind a read-only link. `lab`: there are buttons that break things. */
  | { readonly kind: "board"; readonly board: string; readonly key: string | null; readonly lab: boolean }
  | { readonly kind: "split"; readonly key: string }
  /** The page was not sent by the whiteboard's server. */
  | { readonly kind: "unknown" };

export function readPage(facts: Readonly<Partial<Record<string, string>>>): Page {
  const { board, key, split, lab } = facts;
  if (split !== undefined) return { kind: "split", key: split };
  if (board === undefined) return { kind: "unknown" };
  return { kind: "board", board, key: key ?? null, lab: lab === "on" };
}

/** Where a board can be looked at and not drawn on. */
export function viewPath(board: string): string {
  return `/view/${board}`;
}

export function splitPath(key: string): string {
  return `/split/${key}`;
}

/** A client of the split view: a person with a name of its own, whatever this browser remembers. */
export function guestPath(key: string, name: string): string {
  return `/b/${key}?guest=${encodeURIComponent(name)}`;
}

export function guestName(query: string): string | null {
  return new URLSearchParams(query).get("guest");
}
