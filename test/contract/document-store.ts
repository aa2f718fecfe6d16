import { afterEach, beforeEach, describe } from "vitest";
import type { DocumentStore } from "y-webpubsub-server/core";
import { registerClaimRules } from "./claim-rules.ts";
import { registerClockRules } from "./clock-rules.ts";
import { registerHistoryRules } from "./history-rules.ts";
import { registerLifeRules } from "./life-rules.ts";
import { registerLogRules } from "./log-rules.ts";
import { registerSettingRules } from "./setting-rules.ts";
import { registerSnapshotRules } from "./snapshot-rules.ts";

/** One place where bytes are kept, and the store over it. */
export interface StoreUnderTest {
  /** Open, and empty. */
  readonly store: DocumentStore;
  /** The wall clock of the store. */
  readonly clock: { nowMs: number };
  /** Closes the store and opens another object over the same bytes. */
  reopen(): Promise<DocumentStore>;
  /** Closes whatever is open and removes the bytes. */
  close(): Promise<void>;
}

/** What the rules look at: a new store for each test. */
export interface Subject {
  readonly store: DocumentStore;
  readonly clock: { nowMs: number };
  /** `store` is the new one afterwards. */
  reopen(): Promise<DocumentStore>;
}

/** What `DocumentStore` promises, for any store. `start` gives a new, empty one for each test. */
export function registerStoreContract(name: string, start: () => StoreUnderTest | Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of DocumentStore`, () => {
    const subject = new Place();
    beforeEach(async () => subject.begin(await start()));
    afterEach(() => subject.end());
    registerLogRules(subject);
    registerClaimRules(subject);
    registerSnapshotRules(subject);
    registerLifeRules(subject);
    registerSettingRules(subject);
    registerHistoryRules(subject);
    registerClockRules(subject);
  });
}

class Place implements Subject {
  #place: StoreUnderTest | null = null;
  #store: DocumentStore | null = null;

  get store(): DocumentStore {
    if (this.#store === null) throw new Error("No test is running.");
    return this.#store;
  }

  get clock(): { nowMs: number } {
    return this.#running.clock;
  }

  async reopen(): Promise<DocumentStore> {
    this.#store = await this.#running.reopen();
    return this.#store;
  }

  begin(place: StoreUnderTest): void {
    this.#place = place;
    this.#store = place.store;
  }

  async end(): Promise<void> {
    const place = this.#place;
    this.#place = null;
    this.#store = null;
    await place?.close();
  }

  get #running(): StoreUnderTest {
    if (this.#place === null) throw new Error("No test is running.");
    return this.#place;
  }
}
