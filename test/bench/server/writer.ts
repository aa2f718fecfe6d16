import { Connection } from "./connection.ts";
import { Stream } from "./stream.ts";

/** Somebody with one connection who writes in some documents by turns. Keeps how long each upload took, milliseconds. */
export class Writer {
  readonly took: number[] = [];
  readonly #connection: Connection;
  readonly #user: string;
  readonly #streams: readonly Stream[];
  #turn = 0;

  private constructor(connection: Connection, user: string, documents: readonly string[]) {
    this.#connection = connection;
    this.#user = user;
    this.#streams = documents.map((document) => new Stream(document));
  }

  static async open(port: number, user: string, documents: readonly string[]): Promise<Writer> {
    return new Writer(await Connection.open(port), user, documents);
  }

  /** One upload after the other until the end: each as soon as the receipt of the one before is there. */
  async pour(end: { readonly at: number }): Promise<void> {
    while (performance.now() < end.at) await this.#write(performance.now());
  }

  /** One upload each `everyMs`. What is late because the one before took so long counts from when it was due. */
  async pace(from: number, end: { readonly at: number }, everyMs: number): Promise<void> {
    for (let due = from; due < end.at; due += everyMs) {
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      if (performance.now() >= end.at) return;
      await this.#write(early > 0 ? performance.now() : due);
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #write(began: number): Promise<void> {
    const stream = this.#streams[this.#turn++ % this.#streams.length];
    await stream?.send(this.#connection, this.#user);
    this.took.push(performance.now() - began);
  }
}
