import { Coverage } from "y-webpubsub/core";
import { type DocumentStore, StoreError } from "y-webpubsub-server/core";
import * as Y from "yjs";
import type { VirtualClock } from "./clock.ts";
import type { SeededRandom } from "./random.ts";
import type { Trace } from "./trace.ts";
import { MemoryStore } from "./zz-memory.ts";

interface DiskOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly fail: (problem: string) => void;
}

type Crash = "before-write" | "after-write";

const syncMs = 8;

/**
 * The disk under all servers. What is durable lives in the shipped memory store; a write waits for its sync before it
 * gets there, and is lost when its process or the disk dies first. It also keeps what was ever made durable, as an oracle.
 */
export class SimDisk {
  /** Every update that was ever durable. */
  readonly durable: Y.Doc = new Y.Doc();
  full = false;
  readonly inner: DocumentStore = new MemoryStore();
  readonly #options: DiskOptions;
  readonly #uploads: Set<string> = new Set();
  #crash: { readonly when: Crash; readonly then: () => void } | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** The store as one process sees it, from its start to its death. */
  mount(name: string, shared: boolean): Mount {
    return new Mount(this, { ...this.#options, shared }, name);
  }

  /** At the next write, before or after it becomes durable, all processes die. */
  crashAtNextWrite(when: Crash, then: () => void): void {
    this.#crash = { when, then };
  }

  heal(): void {
    this.full = false;
    this.#crash = undefined;
  }

  /** Runs one write to the durable side; false: the crash came first. */
  async write(perform: () => Promise<void>): Promise<boolean> {
    const crash = this.#crash;
    this.#crash = undefined;
    if (crash?.when === "before-write") {
      this.#options.trace.add("disk-crash-before-write", "disk");
      crash.then();
      return false;
    }
    await perform();
    if (crash === undefined) return true;
    this.#options.trace.add("disk-crash-after-write", "disk");
    crash.then();
    return false;
  }

  /** An upload became durable. */
  keep(key: string, update: Uint8Array): void {
    this.#uploads.add(key);
    // Within a local transaction Yjs does not clean up formatting: that would be an edit of nobody.
    this.durable.transact(() => Y.applyUpdate(this.durable, update));
    if (this.durable.store.pendingStructs !== null || this.durable.store.pendingDs !== null) {
      this.#options.fail(`DU3 upload ${key} was stored before it could be applied`);
    }
  }

  coverage(): Coverage {
    return Coverage.fromSnapshot(Y.snapshot(this.durable));
  }

  holds(key: string): boolean {
    return this.#uploads.has(key);
  }

  /** The first of these updates that is not durable, or -1. */
  firstVolatile(updates: readonly Uint8Array[]): number {
    if (updates.length === 0) return -1;
    const snapshot = Y.snapshot(this.durable);
    return updates.findIndex((update) => !Y.snapshotContainsUpdate(snapshot, update));
  }
}

/** Names an upload: what a receipt speaks of. */
export function uploadKey(upload: { session: string; upload: number; hash: Uint8Array }): string {
  return `${upload.session}/${upload.upload}/${Buffer.from(upload.hash).toString("hex")}`;
}

interface Write {
  readonly perform: () => Promise<void>;
}

/** A DocumentStore over the disk. After `kill` no write lands and no promise settles, as in a dead process. */
export class Mount implements DocumentStore {
  readonly shared: boolean;
  readonly #disk: SimDisk;
  readonly #options: DiskOptions;
  readonly #name: string;
  #phase: "alive" | "dead" = "alive";
  #queue: Write[] = [];

  constructor(disk: SimDisk, options: DiskOptions & { readonly shared: boolean }, name: string) {
    this.shared = options.shared;
    this.#disk = disk;
    this.#options = options;
    this.#name = name;
  }

  kill(): void {
    this.#phase = "dead";
    this.#lose(this.#queue.length);
    this.#queue = [];
  }

  open(): Promise<void> {
    return this.#disk.inner.open();
  }

  /** The durable side outlives every process. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  load: DocumentStore["load"] = (document) => this.#read(() => this.#disk.inner.load(document));
  entriesAfter: DocumentStore["entriesAfter"] = (document, after, bounds) =>
    this.#read(() => this.#disk.inner.entriesAfter(document, after, bounds));
  payload: DocumentStore["payload"] = (document, ref) => this.#read(() => this.#disk.inner.payload(document, ref));
  quarantined: DocumentStore["quarantined"] = (document) => this.#read(() => this.#disk.inner.quarantined(document));
  claim: DocumentStore["claim"] = (document, claims) => this.#write(() => this.#disk.inner.claim(document, claims));
  secret: DocumentStore["secret"] = (name, make) => this.#write(() => this.#disk.inner.secret(name, make));

  append: DocumentStore["append"] = (document, generation, entry) =>
    this.#write(async () => {
      const appended = await this.#disk.inner.append(document, generation, entry);
      if (appended.outcome === "stored") this.#disk.keep(uploadKey(entry), entry.update);
      this.#options.trace.add("append", this.#name, `${entry.session}/${entry.upload} ${appended.outcome}`);
      return appended;
    });

  compact: DocumentStore["compact"] = (document, base, snapshot, folded) =>
    this.#write(async () => {
      const outcome = await this.#disk.inner.compact(document, base, snapshot, folded);
      this.#options.trace.add(outcome === "installed" ? "compacted" : "compact-conflict", this.#name, folded.length);
      return outcome;
    });

  quarantine: DocumentStore["quarantine"] = (_document, item) => {
    this.#options.fail(`DU9 an honest upload was quarantined: ${item.reason}`);
    return Promise.resolve();
  };

  #read<T>(read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#options.clock.after(this.#options.random.next() * 2, () => {
        if (this.#phase === "dead") return;
        read().then(
          (value) => this.#phase === "alive" && resolve(value),
          (error: unknown) => this.#phase === "alive" && reject(error),
        );
      });
    });
  }

  /** Group commit: everything queued when the sync begins becomes durable with it. */
  #write<T>(perform: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#phase === "dead") return;
      if (this.#disk.full) {
        this.#options.trace.add("disk-full", this.#name);
        reject(new StoreError("full", "No space is left on the simulated disk."));
        return;
      }
      this.#queue.push({
        perform: async () => {
          try {
            const value = await perform();
            if (this.#phase === "alive") resolve(value);
          } catch (error) {
            reject(error);
          }
        },
      });
      if (this.#queue.length === 1) {
        this.#options.clock.after(1 + this.#options.random.around(syncMs), () => void this.#sync());
      }
    });
  }

  async #sync(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    for (const [index, write] of batch.entries()) {
      const landed = this.#phase === "alive" && (await this.#disk.write(write.perform));
      if (landed) continue;
      this.#lose(batch.length - index);
      return;
    }
  }

  #lose(writes: number): void {
    if (writes > 0) this.#options.trace.add("disk-unsynced-lost", this.#name, writes);
  }
}
