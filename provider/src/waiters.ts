/** Promises that wait for the same thing. A rejection nobody listens for is no unhandled one. */
export class Waiters {
  #pending: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  wait(): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.#pending.push({ resolve, reject });
    });
    promise.catch(() => undefined);
    return promise;
  }

  resolve(): void {
    for (const waiter of this.#take()) waiter.resolve();
  }

  reject(error: Error): void {
    for (const waiter of this.#take()) waiter.reject(error);
  }

  #take(): readonly { readonly resolve: () => void; readonly reject: (error: Error) => void }[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }
}
