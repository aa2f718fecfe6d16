import type { Shape } from "./model/schema.ts";
import { shapesOfUpdate } from "./model/snapshot.ts";

/** A state of the board that the server keeps. */
export interface Version {
  readonly id: string;
  readonly cursor: string;
  /** restore: what a restore replaced. */
  readonly kind: "named" | "automatic" | "restore";
  readonly label: string;
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Something that somebody did: one entry of the log. */
export interface Entry {
  readonly cursor: string;
  readonly userId: string;
  readonly at: number;
}

export interface History {
  /** Newest first. */
  readonly versions: readonly Version[];
  readonly entries: readonly Entry[];
}

/** A problem in words for the person. */
export class HistoryProblem extends Error {}

interface Place {
  /** Where the collaboration server listens. */
  readonly url: string;
  readonly board: string;
  readonly headers: Readonly<Record<string, string>>;
}

const PAGE_MAX = 100;

/** The server's history of one board: the routes of docs/documents-api.md. Methods reject with a `HistoryProblem`. */
export class VersionsApi {
  private readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  async read(signal: AbortSignal): Promise<History> {
    const max = String(PAGE_MAX);
    const [versions, entries] = await Promise.all([
      this.json("versions", { max }, { signal }),
      this.json("entries", { max }, { signal }),
    ]);
    return {
      versions: list(versions, "versions").flatMap(readVersion),
      entries: list(entries, "entries").flatMap(readEntry),
    };
  }

  /** The shapes of the board as it was, bottom first. */
  async shapesAt(cursor: string, signal: AbortSignal): Promise<readonly Shape[]> {
    const answer = await this.ask("preview", { cursor, format: "update" }, { signal });
    return shapesOfUpdate(new Uint8Array(await answer.arrayBuffer()));
  }

  /** Gives the board as it is now, or a position of it, a name and keeps it. */
  async name(label: string, cursor: string | null): Promise<void> {
    await this.json("versions", {}, post({ label, ...(cursor === null ? {} : { cursor }) }));
  }

  /** Makes the board as it was, for everybody, as an edit that comes after all others. */
  async restore(cursor: string): Promise<void> {
    const { headers, ...request } = post({ cursor });
    await this.json("restore", {}, { ...request, headers: { ...headers, "Idempotency-Key": crypto.randomUUID() } });
  }

  private async json(route: string, query: Readonly<Record<string, string>>, request: RequestInit): Promise<unknown> {
    return (await this.ask(route, query, request)).json();
  }

  private async ask(route: string, query: Readonly<Record<string, string>>, request: RequestInit): Promise<Response> {
    const { url, board, headers } = this.place;
    const address = new URL(`${url}/${route}`);
    address.search = new URLSearchParams({ document: board, ...query }).toString();
    let answer: Response;
    try {
      answer = await fetch(address, { ...request, headers: { ...headers, ...request.headers } });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new HistoryProblem("The history needs the server, which cannot be reached now.");
    }
    if (answer.ok) return answer;
    const problem: unknown = await answer.json().catch(() => null);
    const message = field(problem, "message");
    throw new HistoryProblem(typeof message === "string" ? message : `The server answered ${answer.status}.`);
  }
}

function post(body: object): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function readVersion(value: unknown): readonly Version[] {
  const [id, cursor, kind, label, userId] = ["id", "cursor", "kind", "label", "userId"].map((key) => field(value, key));
  const at = timeOf(field(value, "at"));
  if (typeof id !== "string" || typeof cursor !== "string" || at === null) return [];
  if (kind !== "named" && kind !== "automatic" && kind !== "restore") return [];
  return [{ id, cursor, kind, label: text(label), userId: text(userId), at }];
}

function readEntry(value: unknown): readonly Entry[] {
  const [cursor, userId] = [field(value, "cursor"), field(value, "userId")];
  const at = timeOf(field(value, "toMs"));
  return typeof cursor === "string" && at !== null ? [{ cursor, userId: text(userId), at }] : [];
}

function list(value: unknown, key: string): readonly unknown[] {
  const found = field(value, key);
  return Array.isArray(found) ? found : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Times come as ISO text or as milliseconds. */
function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : value;
  return typeof at === "number" && Number.isFinite(at) ? at : null;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
