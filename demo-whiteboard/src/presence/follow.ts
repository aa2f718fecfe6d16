import { type Bounds, type Camera, type Size, visible } from "../canvas/camera.ts";
import { boundsOfBox, boxOfBounds } from "../canvas/geometry.ts";
import { limits } from "../limits.ts";
import { type Cancel, createStore, type Store } from "../store.ts";
import type { Person, Presence } from "./presence.ts";

interface Follower {
  /** True for people who prefer reduced motion: then the view jumps. */
  readonly still: () => boolean;
  readonly presence: Presence;
  readonly camera: Store<Camera>;
  readonly view: Store<Size>;
}

/** Looking where someone else looks. It ends at the first own pan or zoom, or when the other one leaves. */
export class Follow {
  /** The client id of the person, or null. */
  readonly leader: Store<number | null> = createStore<number | null>(null);
  private readonly host: Follower;
  /** The camera that following has set: another one is the person's own. */
  private led: Camera | null = null;
  private goal: Camera | null = null;
  private frame: number | null = null;
  private readonly stops: readonly Cancel[];

  constructor(host: Follower) {
    this.host = host;
    this.stops = [
      host.presence.people.subscribe(() => this.look()),
      host.camera.subscribe(() => {
        if (host.camera.get() !== this.led) this.leader.set(null);
        this.publish();
      }),
      host.view.subscribe(() => {
        this.look();
        this.publish();
      }),
    ];
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  /** Begins to follow a person, or ends it if this one is followed already. */
  toggle(clientId: number): void {
    this.leader.set(this.leader.get() === clientId ? null : clientId);
    this.look();
  }

  stop(): void {
    this.leader.set(null);
    this.publish();
  }

  /** The person that is followed, as far as it is here. */
  get person(): Person | null {
    const leader = this.leader.get();
    return this.host.presence.people.get().find(({ clientId, me }) => !me && clientId === leader) ?? null;
  }

  private look(): void {
    if (this.leader.get() === null) return;
    const { person } = this;
    if (!person) {
      this.stop();
      return;
    }
    if (!person.view) return;
    this.goal = cameraOn(boundsOfBox(person.view), this.host.view.get());
    if (this.host.still() || typeof requestAnimationFrame === "undefined") this.show(this.goal);
    else this.frame ??= requestAnimationFrame(this.glide);
  }

  /** Each frame goes a part of the way: as smooth as a cursor, however seldom news come. */
  private readonly glide = (): void => {
    this.frame = null;
    if (this.leader.get() === null || !this.goal) return;
    const next = between(this.host.camera.get(), this.goal);
    this.show(next);
    if (!sameCamera(next, this.goal)) this.frame = requestAnimationFrame(this.glide);
  };

  private show(camera: Camera): void {
    if (sameCamera(camera, this.host.camera.get())) return;
    this.led = camera;
    this.host.camera.set(camera);
  }

  /** Followers tell nothing: two who follow each other through unlike windows would zoom out for ever. */
  private publish(): void {
    if (this.leader.get() !== null) return;
    this.host.presence.setView(boxOfBounds(visible(this.host.camera.get(), this.host.view.get())));
  }
}

/** The camera that shows all of `bounds` in the middle, as large as it fits. */
function cameraOn(bounds: Bounds, view: Size): Camera {
  const width = Math.max(1, bounds.maxX - bounds.minX);
  const height = Math.max(1, bounds.maxY - bounds.minY);
  const zoom = Math.min(limits.zoomMax, Math.max(limits.zoomMin, Math.min(view.width / width, view.height / height)));
  return {
    x: (bounds.minX + bounds.maxX) / 2 - view.width / zoom / 2,
    y: (bounds.minY + bounds.maxY) / 2 - view.height / zoom / 2,
    zoom,
  };
}

const GLIDE_PART = 0.25;
/** Nearer than this (pixels, and share of the zoom) the way is over. */
const ARRIVED = 0.5;

function between(from: Camera, to: Camera): Camera {
  const far = Math.hypot(to.x - from.x, to.y - from.y) * to.zoom;
  if (far < ARRIVED && Math.abs(to.zoom / from.zoom - 1) < ARRIVED / 100) return to;
  const part = (a: number, b: number): number => a + (b - a) * GLIDE_PART;
  return { x: part(from.x, to.x), y: part(from.y, to.y), zoom: part(from.zoom, to.zoom) };
}

function sameCamera(a: Camera, b: Camera): boolean {
  return a.x === b.x && a.y === b.y && a.zoom === b.zoom;
}
