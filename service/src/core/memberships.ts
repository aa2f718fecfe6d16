import type { Group } from "./group.ts";

/** The groups of one connection, and its place among the members of each. Next to no memory for up to one group. */
export class Memberships {
  #group: Group | undefined;
  #place = 0;
  /** All groups, from the second one on. */
  #many: Map<Group, number> | undefined;

  get size(): number {
    return this.#many?.size ?? (this.#group === undefined ? 0 : 1);
  }

  has(group: Group): boolean {
    return this.#many === undefined ? this.#group === group : this.#many.has(group);
  }

  place(group: Group): number | undefined {
    if (this.#many !== undefined) return this.#many.get(group);
    return this.#group === group ? this.#place : undefined;
  }

  /** Adds the group, or notes a new place in it. */
  put(group: Group, place: number): void {
    if (this.#many === undefined && this.#group !== undefined && this.#group !== group) {
      this.#many = new Map([[this.#group, this.#place]]);
      this.#group = undefined;
    }
    if (this.#many === undefined) [this.#group, this.#place] = [group, place];
    else this.#many.set(group, place);
  }

  delete(group: Group): void {
    this.#many?.delete(group);
    if (this.#group === group) this.#group = undefined;
  }

  /** A copy, in the order of joining. */
  groups(): readonly Group[] {
    if (this.#many !== undefined) return [...this.#many.keys()];
    return this.#group === undefined ? [] : [this.#group];
  }
}
