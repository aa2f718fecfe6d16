import type { Connection } from "./connection.ts";
import type { GroupState, GroupStateItem } from "./ports.ts";

/** What the members of one group say of themselves, and who of them listens. A member that leaves is cleared. */
export class Presence {
  readonly #group: string;
  readonly #states: Map<Connection, GroupStateItem> = new Map();
  readonly #listeners: Set<Connection> = new Set();

  constructor(group: string) {
    this.#group = group;
  }

  /** A state replaces the one there was; undefined clears it. `now`: milliseconds since 1970. */
  set(member: Connection, state: GroupState | undefined, now: number): void {
    if (state === undefined && !this.#states.has(member)) return;
    const { id: connectionId, userId } = member.identity;
    const item: GroupStateItem = { connectionId, userId, state, updatedAt: now };
    if (state === undefined) this.#states.delete(member);
    else this.#states.set(member, item);
    for (const listener of this.#listeners) {
      listener.say({ type: "groupStateUpdate", group: this.#group, items: [item] });
    }
  }

  listen(member: Connection): void {
    this.#listeners.add(member);
  }

  unlisten(member: Connection): void {
    this.#listeners.delete(member);
  }

  /** All states, to a member that listens: at first, and after a recovery. */
  tell(member: Connection): void {
    if (!this.#listeners.has(member)) return;
    member.say({ type: "groupStateSnapshot", group: this.#group, items: [...this.#states.values()] });
  }

  left(member: Connection, now: number): void {
    this.#listeners.delete(member);
    this.set(member, undefined, now);
  }
}
