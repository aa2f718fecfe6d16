/** Lets everybody pass, except while somebody works behind it. */
export class Gate {
  #last: Promise<void> = Promise.resolve();
  #shut = 0;

  /** Resolves at once when nobody works. */
  async pass(): Promise<void> {
    while (this.#shut > 0) await this.#last;
  }

  /** One at a time; nobody passes meanwhile. */
  async shut<T>(work: () => Promise<T>): Promise<T> {
    this.#shut += 1;
    const mine = this.#last.then(work);
    this.#last = mine.then(
      () => undefined,
      // Whoever works behind the gate is told of the failure.
      () => undefined,
    );
    try {
      return await mine;
    } finally {
      this.#shut -= 1;
    }
  }
}
