import type { Browser, BrowserContextOptions } from "playwright-core";
import { boardOf } from "./page.ts";
import { openBrowser, Person } from "./pages.ts";
import { Stack } from "./stack.ts";

/** A browser, a stack of real processes, and for each test a fresh board with Ada and Bob at it. */
export class Room {
  #browser: Browser | null = null;
  #stack: Stack | null = null;
  #key = "";
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
    this.#key = `room-${crypto.randomUUID()}`;
    this.#people = await Promise.all(["Ada", "Bob"].map((name) => this.#visit(`/b/${this.#key}`, name)));
  }

  /** Everybody leaves. Throws when a page met an error. */
  async end(): Promise<void> {
    const errors = this.#people.flatMap((person) => person.errors);
    await Promise.all(this.#people.splice(0).map((person) => person.close()));
    if (errors.length > 0) throw new Error(`a page met errors: ${errors.join("; ")}`);
  }

  /** What the link to draw ends with. */
  get key(): string {
    return this.#key;
  }

  async come(name: string, options: BrowserContextOptions = {}): Promise<Person> {
    const person = await this.#visit(`/b/${this.#key}`, name, options);
    this.#people.push(person);
    return person;
  }

  /** Somebody with the read-only link. */
  async look(name: string): Promise<Person> {
    const person = await this.#visit(`/view/${boardOf(this.#key)}`, name);
    this.#people.push(person);
    return person;
  }

  async #visit(path: string, name: string, options: BrowserContextOptions = {}): Promise<Person> {
    if (this.#browser === null) throw new Error("The room is not open.");
    const person = await Person.at(this.#browser, `${this.stack.url}${path}`, name, options);
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
