import type { Connection } from "./connection.ts";

/** The connections of each user id. A user exists exactly while connected. */
export class Users {
  readonly #byId: Map<string, Connection[]> = new Map();

  find(userId: string): readonly Connection[] {
    return this.#byId.get(userId) ?? [];
  }

  add(userId: string, connection: Connection): void {
    const connections = this.#byId.get(userId);
    if (connections === undefined) this.#byId.set(userId, [connection]);
    else connections.push(connection);
  }

  remove(userId: string, connection: Connection): void {
    const rest = this.find(userId).filter((other) => other !== connection);
    if (rest.length === 0) this.#byId.delete(userId);
    else this.#byId.set(userId, rest);
  }
}
