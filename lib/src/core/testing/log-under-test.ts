import type { DocumentId, SessionId, UploadBatch, UserId } from "y-webpubsub/core";
import * as Y from "yjs";
import { MemoryStore } from "../../storage/memory.ts";
import type { Uploaded } from "../document-answers.ts";
import { DocumentLog, type LogPorts } from "../document-log.ts";
import { foldDocument } from "../fold.ts";
import type { WallClock } from "../ports.ts";

export const board = "board" as DocumentId;
export const ada = "ada" as UserId;
export const eve = "eve" as UserId;

export function sessionId(name: string): SessionId {
  return name.padEnd(16, "-") as SessionId;
}

/** Stands still until it is moved; fires what became due, in order. */
export class ManualClock implements WallClock {
  #nowMs = 1_000_000;
  #timers: { dueMs: number; readonly fire: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fire: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** What the clock shows is set forward or back; no time passes. */
  jump(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#timers) timer.dueMs += ms;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ dueMs }) => dueMs <= end).sort((one, other) => one.dueMs - other.dueMs);
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.dueMs;
      next.fire();
    }
    this.#nowMs = end;
  }
}

/** What people type in one session: an editor whose edits come out as uploads, one for each call of `upload`. */
export class Author {
  readonly doc: Y.Doc;
  readonly #session: SessionId;
  #uploaded: Uint8Array = Y.encodeStateVector(new Y.Doc());
  #number = 0;

  constructor(name: string, client: number) {
    this.doc = new Y.Doc();
    this.doc.clientID = client;
    this.#session = sessionId(name);
  }

  type(text: string): this {
    const words = this.doc.getText("t");
    words.insert(words.length, text);
    return this;
  }

  /** Everything since the last upload. */
  upload(fields: Partial<UploadBatch> = {}): UploadBatch {
    const update = Y.encodeStateAsUpdate(this.doc, this.#uploaded);
    this.#uploaded = Y.encodeStateVector(this.doc);
    this.#number += 1;
    const numbers = { upload: this.#number, seqTo: this.#number };
    return { session: this.#session, ...numbers, announce: false, adoption: false, update, ...fields };
  }
}

/** A log over a store in memory, with every port at hand. Open before use. */
export class LogUnderTest {
  readonly store: MemoryStore;
  readonly clock: ManualClock = new ManualClock();
  readonly counted: string[] = [];
  readonly signed: Uint8Array[] = [];
  readonly ports: LogPorts;
  log: DocumentLog;

  constructor(store: MemoryStore = new MemoryStore()) {
    this.store = store;
    this.ports = {
      store,
      clock: this.clock,
      folder: { fold: async (job) => foldDocument(job) },
      counters: { count: (name) => this.counted.push(name) },
      signer: {
        publicKey: new Uint8Array(32),
        sign: (bytes) => {
          this.signed.push(bytes);
          return new Uint8Array(64);
        },
      },
    };
    this.log = this.another();
  }

  /** Another server, or the same one after a restart. */
  another(): DocumentLog {
    return new DocumentLog(board, this.ports);
  }

  append(batch: UploadBatch, userId: UserId = ada, generation = 1): Promise<Uploaded> {
    return this.log.append(batch, userId, generation);
  }
}

/** The document that a fold made. */
export function opened(payload: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdateV2(doc, payload);
  return doc;
}
