/**
 * A process that writes into a store until it dies, and says on its standard output what it was told:
 * `begun D S` before a session's first upload, `ack D S U` once its append resolved, `fail CODE` for an append that
 * rejected, `wrong ...` for an answer that no store may give, `compacted OUTCOME`.
 */
import { writeSync } from "node:fs";
import type { DocumentId, SessionId } from "y-webpubsub/core";
import { type DocumentStore, StoreError } from "y-webpubsub-server/core";
import { compactOnce, type Removal } from "./contents.ts";
import { type Element, entryOf } from "./element.ts";
import { makeStore, type StorePlace } from "./open-store.ts";

export interface WriterPlan {
  readonly place: StorePlace;
  /** Makes sessions of different processes differ. */
  readonly run: string;
  readonly documents: number;
  readonly writersPerDocument: number;
  /** Sent first: what was perhaps under way when an earlier process ended. */
  readonly unfinished: readonly Element[];
  /** A document is compacted after so many of its uploads; 0: never. */
  readonly compactEvery: number;
  readonly removal: Removal;
}

const retryMs = 5;

function say(line: string): void {
  // Straight to the descriptor: what was said is in the pipe even when the process dies the next moment.
  const bytes = Buffer.from(`${line}\n`);
  for (let written = 0; written < bytes.length; ) written += writeNow(bytes, written);
}

function writeNow(bytes: Uint8Array, from: number): number {
  try {
    return writeSync(1, bytes, from);
  } catch (error) {
    // The pipe is full while the reader is busy: it is waited for, and nothing else may happen meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    return 0;
  }
}

async function append(store: DocumentStore, element: Element): Promise<void> {
  const entry = entryOf(element);
  for (;;) {
    try {
      const appended = await store.append(element.document, 1, entry);
      if (appended.outcome === "stored" || appended.outcome === "duplicate") {
        say(`ack ${element.document} ${element.session} ${element.upload}`);
      } else {
        say(`wrong append of ${element.document} ${element.session} ${element.upload}: ${appended.outcome}`);
      }
      return;
    } catch (error) {
      say(`fail ${error instanceof StoreError ? error.code : `unexpected ${String(error)}`}`);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

async function write(store: DocumentStore, document: DocumentId, session: SessionId, plan: WriterPlan): Promise<void> {
  say(`begun ${document} ${session}`);
  for (let upload = 1; ; upload++) {
    await append(store, { document, session, upload });
    if (plan.compactEvery > 0 && upload % plan.compactEvery === 0) await compact(store, document, upload);
  }
}

async function compact(store: DocumentStore, document: DocumentId, upload: number): Promise<void> {
  try {
    say(
      `compacted ${await compactOnce(store, document, { share: upload % 2 === 0 ? 1 : 0.5, removal: plan.removal })}`,
    );
  } catch (error) {
    say(`fail ${error instanceof StoreError ? error.code : `unexpected ${String(error)}`}`);
  }
}

const plan = JSON.parse(process.env["CRASH_PLAN"] ?? "") as WriterPlan;
const store = await makeStore(plan.place);
try {
  await store.open();
} catch (error) {
  say(`refused ${error instanceof StoreError ? error.code : String(error)}`);
  process.exit(3);
}
say("ready");
await Promise.all(plan.unfinished.map((element) => append(store, element)));
const writers = Array.from({ length: plan.documents }, (_, document) =>
  Array.from({ length: plan.writersPerDocument }, (_, writer) => {
    const session = `${plan.run}-${document}-${writer}`.padEnd(16, "-") as SessionId;
    return write(store, `crash-${document}` as DocumentId, session, plan);
  }),
);
await Promise.all(writers.flat());
