import { assert } from "./assert.ts";
import type { Connection } from "./connection.ts";

/** Members in a dense array, so that a publish walks plain memory. Each member knows its place in `memberships`. */
export class Group {
  readonly name: string;
  readonly members: Connection[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(connection: Connection): void {
    if (connection.memberships.has(this)) return;
    connection.memberships.set(this, this.members.length);
    this.members.push(connection);
  }

  remove(connection: Connection): void {
    const place = connection.memberships.get(this);
    if (place === undefined) return;
    connection.memberships.delete(this);
    const last = this.members.pop();
    assert(last !== undefined, "a membership implies a member");
    if (last === connection) return;
    this.members[place] = last;
    last.memberships.set(this, place);
  }
}

/** The groups of one hub. A group exists exactly while it has members. */
export class Groups {
  readonly #byName: Map<string, Group> = new Map();

  get size(): number {
    return this.#byName.size;
  }

  all(): Iterable<Group> {
    return this.#byName.values();
  }

  find(name: string): Group | undefined {
    return this.#byName.get(name);
  }

  join(connection: Connection, name: string): void {
    let group = this.#byName.get(name);
    if (group === undefined) {
      group = new Group(name);
      this.#byName.set(name, group);
    }
    group.add(connection);
  }

  leave(connection: Connection, name: string): void {
    const group = this.#byName.get(name);
    if (group !== undefined) this.#remove(connection, group);
  }

  leaveAll(connection: Connection): void {
    for (const group of [...connection.memberships.keys()]) this.#remove(connection, group);
  }

  #remove(connection: Connection, group: Group): void {
    group.remove(connection);
    if (group.members.length === 0) this.#byName.delete(group.name);
  }
}
