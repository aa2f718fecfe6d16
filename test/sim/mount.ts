import type { DocumentStore } from "y-webpubsub-server/core";

/** A store as one server process sees it: after `kill` nothing is asked and no promise settles, as in a dead process. */
export class Mount implements DocumentStore {
  readonly shared: boolean;
  readonly #store: DocumentStore;
  #phase: "alive" | "dead" = "alive";

  constructor(store: DocumentStore) {
    this.#store = store;
    this.shared = store.shared;
  }

  kill(): void {
    this.#phase = "dead";
  }

  open = () => this.#pass(() => this.#store.open());
  close = () => this.#pass(() => this.#store.close());
  load: DocumentStore["load"] = (...args) => this.#pass(() => this.#store.load(...args));
  entriesAfter: DocumentStore["entriesAfter"] = (...args) => this.#pass(() => this.#store.entriesAfter(...args));
  append: DocumentStore["append"] = (...args) => this.#pass(() => this.#store.append(...args));
  claim: DocumentStore["claim"] = (...args) => this.#pass(() => this.#store.claim(...args));
  payload: DocumentStore["payload"] = (...args) => this.#pass(() => this.#store.payload(...args));
  compact: DocumentStore["compact"] = (...args) => this.#pass(() => this.#store.compact(...args));
  quarantine: DocumentStore["quarantine"] = (...args) => this.#pass(() => this.#store.quarantine(...args));
  quarantined: DocumentStore["quarantined"] = (...args) => this.#pass(() => this.#store.quarantined(...args));
  secret: DocumentStore["secret"] = (...args) => this.#pass(() => this.#store.secret(...args));
  setting: DocumentStore["setting"] = (...args) => this.#pass(() => this.#store.setting(...args));
  changeSetting: DocumentStore["changeSetting"] = (...args) => this.#pass(() => this.#store.changeSetting(...args));

  #pass<T>(ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#phase === "dead") return;
      ask().then(
        (value) => this.#phase === "alive" && resolve(value),
        (error: unknown) => this.#phase === "alive" && reject(error),
      );
    });
  }
}
