import type { Point } from "../canvas/camera.ts";
import type { ColorName } from "../model/schema.ts";
import type { Person } from "./presence.ts";

/** A cursor as it is drawn at one moment. */
export interface CursorView {
  readonly at: Point;
  readonly name: string;
  readonly color: ColorName;
  /** 1, falling to 0.25 when the person rests. */
  readonly alpha: number;
}

interface Track {
  from: Point;
  to: Point;
  startedAt: number;
  movedAt: number;
}

const GLIDE_MS = 80;
const REST_MS = 3_000;
const FADE_MS = 600;
const ALPHA_AT_REST = 0.25;

/** Cursors arrive 20 times a second and are drawn 60 times: each glides to its newest place in 80 ms. */
export class Cursors {
  private readonly tracks = new Map<number, Track>();
  private people: readonly Person[] = [];
  private readonly still: () => boolean;

  /** `still` is asked on each change: true for people who prefer reduced motion, then cursors jump. */
  constructor(still: () => boolean) {
    this.still = still;
  }

  update(people: readonly Person[], now: number): void {
    this.people = people.filter((person) => !person.me && person.cursor !== null);
    const seen = new Set(this.people.map((person) => person.clientId));
    for (const clientId of this.tracks.keys()) if (!seen.has(clientId)) this.tracks.delete(clientId);
    for (const { clientId, cursor } of this.people) {
      if (!cursor) continue;
      const track = this.tracks.get(clientId);
      if (!track) this.tracks.set(clientId, { from: cursor, to: cursor, startedAt: now, movedAt: now });
      else if (track.to.x !== cursor.x || track.to.y !== cursor.y) {
        track.from = this.still() ? cursor : place(track, now);
        track.to = cursor;
        track.startedAt = now;
        track.movedAt = now;
      }
    }
  }

  /** What to draw now, and whether the next frame will differ without news. */
  view(now: number): { readonly cursors: readonly CursorView[]; readonly moving: boolean } {
    let moving = false;
    const cursors: CursorView[] = [];
    for (const { clientId, name, color } of this.people) {
      const track = this.tracks.get(clientId);
      if (!track) continue;
      const resting = now - track.movedAt - REST_MS;
      if (now - track.startedAt < GLIDE_MS || (resting > 0 && resting < FADE_MS)) moving = true;
      const faded = Math.min(1, Math.max(0, resting / FADE_MS));
      cursors.push({ at: place(track, now), name, color, alpha: 1 - faded * (1 - ALPHA_AT_REST) });
    }
    return { cursors, moving };
  }

  /** When the first cursor will begin to fade, or null if none will. */
  nextRest(now: number): number | null {
    const waits = [...this.tracks.values()].map((track) => track.movedAt + REST_MS - now).filter((wait) => wait > 0);
    return waits.length === 0 ? null : Math.min(...waits);
  }
}

function place(track: Track, now: number): Point {
  const part = Math.min(1, Math.max(0, (now - track.startedAt) / GLIDE_MS));
  return { x: track.from.x + (track.to.x - track.from.x) * part, y: track.from.y + (track.to.y - track.from.y) * part };
}
