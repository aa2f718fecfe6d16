/** Strings, or a function that makes them; asked again for each request, so that a fresh token is always sent. */
export type Strings =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

export interface ServerApiOptions {
  /** Sent with each request to the server, e.g. `Authorization`. */
  readonly headers: Strings;
  /** Added to the query of each request to the server. */
  readonly params: Strings;
  /** Whether cookies go along: as in `fetch`. */
  readonly credentials: RequestCredentials;
}

export async function stringsOf(strings: Strings): Promise<Readonly<Record<string, string>>> {
  return typeof strings === "function" ? await strings() : strings;
}
