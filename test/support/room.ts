import type { Browser } from "playwright-core";
import { openBrowser, Person } from "./pages.ts";
import { Stack } from "./stack.ts";

/** A browser, a stack of real processes, and for each test a fresh board with Ada and Bob at it. */
export class Room {
  #browser: Browser | null = null;
  #stack: Stack | null = null;
  #name = "";
  #people: Person[] = [];

  async open(): Promise<void> {
    this.#browser = await openBrowser();
    this.#stack = await Stack.start();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#stack?.close();
  }

  async begin(): Promise<void> {
    this.#name = `room-${crypto.randomUUID()}`;
    await this.come("Ada");
    await this.come("Bob");
  }

  /** Everybody leaves. Throws when a page met an error. */
  async end(): Promise<void> {
    const errors = this.#people.flatMap((person) => person.errors);
    for (const person of this.#people.splice(0)) await person.close();
    if (errors.length > 0) throw new Error(`a page met errors: ${errors.join("; ")}`);
  }

  async come(name: string): Promise<Person> {
    if (this.#browser === null) throw new Error("The room is not open.");
    const person = await Person.at(this.#browser, `${this.stack.url}/b/${this.#name}`, name);
    this.#people.push(person);
    await person.isSynced();
    return person;
  }

  get stack(): Stack {
    if (this.#stack === null) throw new Error("The room is not open.");
    return this.#stack;
  }

  get ada(): Person {
    return this.#person(0);
  }

  get bob(): Person {
    return this.#person(1);
  }

  #person(at: number): Person {
    const person = this.#people[at];
    if (person === undefined) throw new Error("Nobody is at the board.");
    return person;
  }
}
