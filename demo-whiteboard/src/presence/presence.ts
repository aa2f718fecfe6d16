import type { Awareness } from "y-protocols/awareness";
import type { Point } from "../canvas/camera.ts";
import { limits } from "../limits.ts";
import type { Turned } from "../model/moved.ts";
import { type Box, COLORS, type ColorName, isCoordinate, oneOf, parseBox } from "../model/schema.ts";
import { createStore, type Store } from "../store.ts";

/** The selection as it is being dragged: the box around it, before and now. */
export interface Drag {
  readonly from: Box;
  readonly to: Turned;
}

/** One tab that looks at the board, as it says of itself; checked, never trusted. */
export interface Person {
  readonly clientId: number;
  readonly me: boolean;
  readonly name: string;
  readonly color: ColorName;
  readonly cursor: Point | null;
  readonly selection: readonly string[];
  readonly drag: Drag | null;
  /** What of the board this person sees, for those who follow. */
  readonly view: Box | null;
}

export interface User {
  readonly name: string;
  readonly color: ColorName;
}

/** Who is here: reads what others publish, and publishes this tab's own state at most every `limits.liveSendMs`. */
export class Presence {
  readonly people: Store<readonly Person[]> = createStore<readonly Person[]>([]);
  private readonly awareness: Awareness;
  private pending: Record<string, unknown> = {};
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(awareness: Awareness, user: User) {
    this.awareness = awareness;
    awareness.on("change", this.read);
    this.setUser(user);
  }

  dispose(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.awareness.off("change", this.read);
  }

  setUser(user: User): void {
    this.publish({ user: { name: user.name, color: user.color } });
    this.flush();
  }

  setCursor(cursor: Point | null): void {
    this.publish({ cursor: cursor && [Math.round(cursor.x * 10) / 10, Math.round(cursor.y * 10) / 10] });
  }

  setSelection(ids: ReadonlySet<string>): void {
    this.publish({ selection: [...ids].slice(0, limits.selectionPublishedMax) });
  }

  /** Others see the drag live; the document is written once, when it ends. */
  setDrag(drag: Drag | null): void {
    this.publish({ drag });
  }

  setView([x, y, width, height]: Box): void {
    this.publish({ view: [Math.round(x), Math.round(y), Math.round(width), Math.round(height)] });
  }

  /** How long to wait between two live messages in a room of this size. */
  get sendEveryMs(): number {
    return this.people.get().length > limits.largeRoomPeople ? limits.liveSendLargeRoomMs : limits.liveSendMs;
  }

  private publish(fields: Record<string, unknown>): void {
    Object.assign(this.pending, fields);
    if (this.timer === null) this.timer = setTimeout(this.flush, this.sendEveryMs);
  }

  private readonly flush = (): void => {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const fields = this.pending;
    this.pending = {};
    this.awareness.setLocalState({ ...this.awareness.getLocalState(), ...fields });
  };

  private readonly read = (): void => {
    const people: Person[] = [];
    for (const [clientId, state] of this.awareness.getStates()) {
      const person = parsePerson(clientId, state, clientId === this.awareness.clientID);
      if (person) people.push(person);
    }
    people.sort((a, b) => Number(b.me) - Number(a.me) || a.clientId - b.clientId);
    this.people.set(people.slice(0, limits.peopleMax));
  };
}

/** What a peer published about itself, made safe; null if it has not even a name. Never throws. */
export function parsePerson(clientId: number, state: unknown, me: boolean): Person | null {
  const user = field(state, "user");
  const name = field(user, "name");
  if (typeof name !== "string" || name.trim() === "") return null;
  const selection = field(state, "selection");
  return {
    clientId,
    me,
    name: name.trim().slice(0, limits.nameMax),
    color: oneOf(COLORS, field(user, "color"), "grey"),
    cursor: parsePoint(field(state, "cursor")),
    selection: Array.isArray(selection)
      ? selection.filter((id) => typeof id === "string").slice(0, limits.selectionPublishedMax)
      : [],
    drag: parseDrag(field(state, "drag")),
    view: parseBox(field(state, "view")),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function parseTurned(value: unknown): Turned | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [x, y, width, height] = value as readonly unknown[];
  if (!isCoordinate(x) || !isCoordinate(y) || !isCoordinate(width) || !isCoordinate(height)) return null;
  return [x, y, width, height];
}

function parsePoint(value: unknown): Point | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [x, y] = value as readonly unknown[];
  return isCoordinate(x) && isCoordinate(y) ? { x, y } : null;
}

function parseDrag(value: unknown): Drag | null {
  const from = parseBox(field(value, "from"));
  const to = parseTurned(field(value, "to"));
  return from && to ? { from, to } : null;
}
