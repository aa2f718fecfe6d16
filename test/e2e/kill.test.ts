import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Cursor,
  decodeLogPage,
  decodeSnapshot,
  encodeUpload,
  makeSessionId,
  type SessionId,
  type SnapshotRef,
} from "y-webpubsub/core";
import * as Y from "yjs";
import { startChild } from "../support/child.ts";

const cycles = process.env["TEST_FULL"] ? 200 : 25;
const writersPerDocument = 4;
const documents = ["kills-a", "kills-b"];
const seed = Number(process.env["SEED"] ?? 20261121);

/** Uploads without pause, each depending on the one before, and remembers what it has a receipt for. */
class Writer {
  readonly #document: string;
  readonly #user: string;
  readonly #session: SessionId = makeSessionId({ next: Math.random });
  readonly #doc = new Y.Doc();
  #upload = 0;
  #frozen: Uint8Array | null = null;
  #element = "";
  readonly receipted: string[] = [];
  readonly #onReceipt: () => void;

  constructor(document: string, number: number, onReceipt: () => void) {
    this.#onReceipt = onReceipt;
    this.#document = document;
    this.#user = `writer-${number}`;
  }

  /** Until the server is gone. What had no receipt is sent again, byte for byte, to the next server. */
  async write(port: number): Promise<void> {
    for (;;) {
      this.#frozen ??= this.#edit();
      const sent = await this.#send(port, this.#frozen);
      if (sent === "gone") return;
      this.receipted.push(this.#element);
      this.#onReceipt();
      this.#frozen = null;
    }
  }

  #edit(): Uint8Array {
    this.#upload += 1;
    this.#element = `${this.#user} ${this.#upload}`;
    let made: Uint8Array | null = null;
    this.#doc.once("update", (update: Uint8Array) => {
      made = update;
    });
    this.#doc.getArray<string>("elements").push([this.#element]);
    if (made === null) throw new Error("an edit makes an update");
    return made;
  }

  async #send(port: number, update: Uint8Array): Promise<"receipt" | "gone"> {
    const batch = {
      session: this.#session,
      upload: this.#upload,
      seqTo: this.#upload,
      announce: false,
      adoption: false,
      update,
    };
    const answer = await ask(
      port,
      "log",
      { document: this.#document, generation: "1" },
      this.#user,
      encodeUpload(batch),
    );
    if (answer === null) return "gone";
    if (answer.status !== 200)
      throw new Error(`upload refused: ${answer.status} ${new TextDecoder().decode(answer.body)}`);
    return "receipt";
  }
}

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Null when the server went away before it answered. */
async function ask(
  port: number,
  path: string,
  query: Record<string, string>,
  user: string,
  body?: Uint8Array,
): Promise<Answer | null> {
  const url = `http://127.0.0.1:${port}/collab/${path}?${new URLSearchParams(query)}`;
  const upload = body && {
    method: "POST",
    body: new Uint8Array(body),
    headers: { "Content-Type": "application/octet-stream", "x-user": user },
  };
  try {
    const response = await fetch(url, upload ?? { headers: { "x-user": user } });
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    // The connection was refused or cut: the server was killed, which is what this file is about.
    return null;
  }
}

/** What a newcomer sees: the snapshot and the log after it. */
async function read(port: number, document: string): Promise<string[]> {
  const doc = new Y.Doc();
  let after = "" as Cursor;
  for (;;) {
    const answer = await ask(port, "log", { document, generation: "1", after }, "newcomer");
    if (answer?.status === 410) {
      const { snapshot } = JSON.parse(new TextDecoder().decode(answer.body)) as { snapshot: SnapshotRef };
      const kept = await ask(port, "snapshot", { document, ref: snapshot }, "newcomer");
      const body = decodeSnapshot(kept?.body ?? new Uint8Array());
      if (!body.ok) throw new Error(body.problem);
      Y.applyUpdateV2(doc, body.value.payload);
      after = body.value.cursor;
      continue;
    }
    const page = decodeLogPage(answer?.body ?? new Uint8Array());
    if (answer?.status !== 200 || !page.ok) throw new Error(`log: ${answer?.status} ${page.ok ? "" : page.problem}`);
    for (const entry of page.value.entries) Y.applyUpdate(doc, entry.update);
    after = page.value.next;
    if (!page.value.more) break;
  }
  expect(doc.store.pendingStructs).toBeNull();
  return doc.getArray<string>("elements").toArray();
}

/** Deterministic moments of death: a linear congruential generator (Numerical Recipes' constants). */
function moments(): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % 300;
  };
}

describe(`the server is killed (seed ${seed})`, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "y-webpubsub-kill-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const startServer = () =>
    startChild("test/e2e/server-process.ts", { env: { DATA_DIR: directory }, ready: /ready on (\d+)/ });

  test(`DU3 no edit with a receipt is lost in ${cycles} SIGKILLs under load`, {
    timeout: cycles * 20_000,
  }, async () => {
    let onReceipt: () => void = () => undefined;
    const writers = documents.flatMap((document) =>
      Array.from({ length: writersPerDocument }, (_, number) => ({
        document,
        writer: new Writer(document, number, () => onReceipt()),
      })),
    );
    const moment = moments();
    for (let cycle = 0; cycle < cycles; cycle++) {
      const server = await startServer();
      const alive = new Promise<void>((done) => {
        onReceipt = done;
      });
      const writing = Promise.all(writers.map(({ writer }) => writer.write(Number(server.said))));
      await Promise.race([alive, writing]);
      // Death comes at a moment of the seed's choosing, while uploads are under way.
      await new Promise((done) => setTimeout(done, moment()));
      await server.kill("SIGKILL");
      await writing;
    }
    const server = await startServer();
    try {
      for (const document of documents) {
        const elements = await read(Number(server.said), document);
        const receipted = writers
          .filter((writer) => writer.document === document)
          .flatMap(({ writer }) => writer.receipted);
        expect(receipted.length, "receipts").toBeGreaterThan(cycles);
        expect(new Set(elements).size, "no element twice").toBe(elements.length);
        expect(receipted.filter((element) => !elements.includes(element))).toEqual([]);
        console.log(`${document}: ${receipted.length} receipts, ${elements.length} elements after ${cycles} kills`);
      }
    } finally {
      await server.kill("SIGTERM");
    }
  });
});
