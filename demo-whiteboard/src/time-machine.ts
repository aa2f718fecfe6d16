import type { Shape } from "./model/schema.ts";
import { type Cancel, createStore, type Store } from "./store.ts";
import { type History, HistoryProblem, type VersionsApi } from "./versions.ts";

/** A moment of the board's past, as it can be chosen. */
export interface Moment {
  readonly cursor: string;
  readonly at: number;
  readonly userId: string;
  /** What the moment is called; empty for one that nobody named. */
  readonly label: string;
  readonly kept: "named" | "automatic" | "restore" | null;
}

export type PastState =
  | { readonly kind: "closed" }
  | { readonly kind: "loading" }
  | { readonly kind: "problem"; readonly words: string }
  | { readonly kind: "open"; readonly moments: readonly Moment[] };

/** A past board that is shown in the place of the living one. */
export interface Preview {
  readonly moment: Moment;
  readonly shapes: readonly Shape[];
}

const CLOSED: PastState = { kind: "closed" };

/**
 * Looking at the board's past. A preview is a picture: neither the document nor what others see changes. Only `restore`
 * writes, at the server, as an edit of its own.
 */
export class TimeMachine {
  readonly state: Store<PastState> = createStore<PastState>(CLOSED);
  readonly preview: Store<Preview | null> = createStore<Preview | null>(null);
  /** The moment that is being fetched or shown. */
  readonly chosen: Store<Moment | null> = createStore<Moment | null>(null);
  private readonly api: VersionsApi;
  private readonly say: (words: string) => void;
  private reading = new AbortController();
  private fetching = new AbortController();
  private readonly pictures = new Map<string, Promise<readonly Shape[]>>();

  constructor(api: VersionsApi, say: (words: string) => void) {
    this.api = api;
    this.say = say;
  }

  /** Reads the history, newest first; called again to see what is new. */
  async open(): Promise<void> {
    this.reading.abort();
    const reading = new AbortController();
    this.reading = reading;
    if (this.state.get().kind !== "open") this.state.set({ kind: "loading" });
    try {
      const history = await this.api.read(reading.signal);
      if (!reading.signal.aborted) this.state.set({ kind: "open", moments: momentsOf(history) });
    } catch (error) {
      if (!reading.signal.aborted) this.state.set({ kind: "problem", words: wordsOf(error) });
    }
  }

  close(): void {
    this.reading.abort();
    this.leave();
    this.pictures.clear();
    this.state.set(CLOSED);
  }

  /** Shows the board as it was. The newest choice wins: a slow answer to an older one is not shown. */
  async look(moment: Moment): Promise<void> {
    this.fetching.abort();
    const fetching = new AbortController();
    this.fetching = fetching;
    this.chosen.set(moment);
    try {
      const shapes = await this.shapesAt(moment, fetching.signal);
      if (!fetching.signal.aborted) this.preview.set({ moment, shapes });
    } catch (error) {
      if (fetching.signal.aborted) return;
      this.chosen.set(this.preview.get()?.moment ?? null);
      this.say(wordsOf(error));
    }
  }

  /** Back to the living board. */
  leave(): void {
    this.fetching.abort();
    this.chosen.set(null);
    this.preview.set(null);
  }

  async restore(moment: Moment): Promise<void> {
    try {
      await this.api.restore(moment.cursor);
      this.leave();
      this.say("The board is as it was. What it replaced is kept in the history");
      await this.open();
    } catch (error) {
      this.say(wordsOf(error));
    }
  }

  /** Names a moment, or with null what the server has now. */
  async name(label: string, moment: Moment | null): Promise<void> {
    try {
      await this.api.name(label, moment?.cursor ?? null);
      this.say(`“${label}” is kept`);
      await this.open();
    } catch (error) {
      this.say(wordsOf(error));
    }
  }

  /** The shapes of a moment, for a small picture; remembered while the history is open. Null when it cannot be had. */
  async picture(moment: Moment): Promise<readonly Shape[] | null> {
    try {
      return await this.shapesAt(moment, this.reading.signal);
    } catch {
      // A list without one of its pictures is still a list; the moment itself says what is wrong when it is chosen.
      return null;
    }
  }

  /** Told of whatever changes the picture on the board. */
  subscribe(listener: () => void): Cancel {
    return this.preview.subscribe(listener);
  }

  private shapesAt(moment: Moment, signal: AbortSignal): Promise<readonly Shape[]> {
    const known = this.pictures.get(moment.cursor);
    if (known) return known;
    const fetched = this.api.shapesAt(moment.cursor, signal);
    this.pictures.set(moment.cursor, fetched);
    fetched.catch(() => this.pictures.delete(moment.cursor));
    return fetched;
  }
}

/** Versions and entries as one line of moments, newest first. A version stands for the entry it was made of. */
export function momentsOf({ versions, entries }: History): readonly Moment[] {
  const kept = versions.map((version) => ({ ...version, kept: version.kind }));
  const known = new Set(kept.map(({ cursor }) => cursor));
  const others = entries
    .filter(({ cursor }) => !known.has(cursor))
    .map((entry): Moment => ({ ...entry, label: "", kept: null }));
  return [...kept, ...others].sort((a, b) => b.at - a.at);
}

function wordsOf(error: unknown): string {
  return error instanceof HistoryProblem ? error.message : "The server's answer could not be read.";
}
