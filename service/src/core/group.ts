import { assert } from "./assert.ts";
import type { Connection, Turn } from "./connection.ts";
import type { Message } from "./message.ts";
import { Presence } from "./presence.ts";
import { Round } from "./round.ts";

/** Members in a dense array, so that a publish walks plain memory. Each member knows its place in `memberships`. */
export class Group {
  readonly name: string;
  readonly members: Connection[] = [];
  /** Made when a member wants it. */
  presence: Presence | undefined;
  #round: Round | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** To all members but `except`. False when it is the first message since the last `endRound`: then one must follow. */
  deliver(message: Message, turn: Turn, except: Connection | undefined): boolean {
    const known = this.#round;
    this.#round ??= new Round(this, turn);
    this.#round.deliver(message, except);
    return known !== undefined;
  }

  /** The next message is one of another turn. */
  endRound(): void {
    this.#round?.end();
    this.#round = undefined;
  }

  /** False when it is a member already. */
  add(connection: Connection): boolean {
    if (connection.memberships.has(this)) return false;
    this.endRound();
    connection.memberships.put(this, this.members.length);
    this.members.push(connection);
    return true;
  }

  remove(connection: Connection): void {
    const place = connection.memberships.place(this);
    if (place === undefined) return;
    this.endRound();
    connection.memberships.delete(this);
    const last = this.members.pop();
    assert(last !== undefined, "a membership implies a member");
    if (last === connection) return;
    this.members[place] = last;
    last.memberships.put(this, place);
  }
}

/** Hears of every change of a membership. Must not change one. */
export interface GroupWatcher {
  /** Milliseconds since 1970. */
  wallClock(): number;
  joined(connection: Connection, group: string): void;
  left(connection: Connection, group: string): void;
}

/** The groups of one hub. A group exists exactly while it has members. */
export class Groups {
  readonly #byName: Map<string, Group> = new Map();
  readonly #watcher: GroupWatcher;
  readonly #turn: Turn;
  /** Those that got a message in this turn. */
  #busy: Group[] = [];

  constructor(watcher: GroupWatcher, turn: Turn) {
    this.#watcher = watcher;
    this.#turn = turn;
  }

  get size(): number {
    return this.#byName.size;
  }

  all(): Iterable<Group> {
    return this.#byName.values();
  }

  find(name: string): Group | undefined {
    return this.#byName.get(name);
  }

  /** To all members but `except`, if there is such a group. */
  deliver(name: string, message: Message, except?: Connection): void {
    const group = this.#byName.get(name);
    if (group !== undefined && !group.deliver(message, this.#turn, except)) this.#busy.push(group);
  }

  /** The turn is over: what members were given in it is theirs alone. */
  endRounds(): void {
    for (const group of this.#busy) group.endRound();
    this.#busy = [];
  }

  join(connection: Connection, name: string): void {
    let group = this.#byName.get(name);
    if (group === undefined) {
      group = new Group(name);
      this.#byName.set(name, group);
    }
    if (group.add(connection)) this.#watcher.joined(connection, name);
  }

  /** Of a group that exists. */
  presenceOf(group: Group): Presence {
    group.presence ??= new Presence(group.name);
    return group.presence;
  }

  leave(connection: Connection, name: string): void {
    const group = this.#byName.get(name);
    if (group !== undefined) this.#remove(connection, group);
  }

  leaveAll(connection: Connection): void {
    for (const group of connection.memberships.groups()) this.#remove(connection, group);
  }

  #remove(connection: Connection, group: Group): void {
    if (!connection.memberships.has(group)) return;
    group.remove(connection);
    group.presence?.left(connection, this.#watcher.wallClock());
    connection.identity.speaker?.left(group.name);
    this.#watcher.left(connection, group.name);
    if (group.members.length === 0) this.#byName.delete(group.name);
  }
}
