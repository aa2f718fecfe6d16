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

/** Uploads elements without pause, each depending on the one before, and remembers what it has a receipt for. */
export class Uploader {
  readonly document: string;
  readonly receipted: string[] = [];
  readonly #user: string;
  readonly #session: SessionId = makeSessionId({ next: Math.random });
  readonly #doc = new Y.Doc();
  readonly #padding: string;
  #upload = 0;
  #underWay: { readonly element: string; readonly body: Uint8Array } | null = null;

  constructor(document: string, user: string, elementBytes = 0) {
    this.document = document;
    this.#user = user;
    this.#padding = "x".repeat(elementBytes);
  }

  /** Until `enough`. What had no receipt is sent again, byte for byte, to whatever server answers next. */
  async write(url: string, enough: () => boolean, onReceipt: () => void): Promise<void> {
    while (!enough()) {
      this.#underWay ??= this.#edit();
      const { element, body } = this.#underWay;
      const answer = await ask(url, "log", { document: this.document, generation: "1" }, this.#user, body);
      // Gone, frozen, or its store was cut off: the next server is asked.
      if (answer === null || answer.status >= 500) continue;
      if (answer.status !== 200) {
        throw new Error(`upload refused: ${answer.status} ${new TextDecoder().decode(answer.body)}`);
      }
      this.#underWay = null;
      this.receipted.push(element);
      onReceipt();
    }
  }

  /** Sends what is under way until it has its receipt. */
  finish(url: string): Promise<void> {
    return this.write(
      url,
      () => this.#underWay === null,
      () => undefined,
    );
  }

  #edit(): { readonly element: string; readonly body: Uint8Array } {
    this.#upload += 1;
    const element = `${this.#user} ${this.#upload}`;
    const before = Y.encodeStateVector(this.#doc);
    this.#doc.getArray<string>("elements").push([`${element} ${this.#padding}`]);
    const body = encodeUpload({
      session: this.#session,
      upload: this.#upload,
      seqTo: this.#upload,
      announce: false,
      adoption: false,
      update: Y.encodeStateAsUpdate(this.#doc, before),
    });
    return { element, body };
  }
}

/** The elements that a newcomer finds: the snapshot and the log after it. Without their padding. */
export async function readElements(url: string, document: string): Promise<string[]> {
  const doc = new Y.Doc();
  let after = "" as Cursor;
  for (let more = true; more; ) {
    const answer = await ask(url, "log", { document, generation: "1", after }, "newcomer");
    if (answer?.status === 410) {
      const { snapshot } = JSON.parse(new TextDecoder().decode(answer.body)) as { snapshot: SnapshotRef };
      const kept = await ask(url, "snapshot", { document, ref: snapshot }, "newcomer");
      const body = decodeSnapshot(kept?.body ?? new Uint8Array());
      if (!body.ok) throw new Error(`snapshot: ${kept?.status} ${body.problem}`);
      Y.applyUpdateV2(doc, body.value.payload);
      after = body.value.cursor;
      continue;
    }
    const page = decodeLogPage(answer?.body ?? new Uint8Array());
    if (answer?.status !== 200 || !page.ok) throw new Error(`log: ${answer?.status} ${page.ok ? "" : page.problem}`);
    for (const entry of page.value.entries) Y.applyUpdate(doc, entry.update);
    after = page.value.next;
    more = page.value.more;
  }
  if (doc.store.pendingStructs !== null) throw new Error("The log lacks something that it builds on.");
  return elementsOf(doc);
}

export function elementsOf(doc: Y.Doc): string[] {
  return doc
    .getArray<string>("elements")
    .toArray()
    .map((element) => element.replace(/ x*$/, ""));
}

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Null when the connection was refused or cut. */
async function ask(
  url: string,
  path: string,
  query: Record<string, string>,
  user: string,
  body?: Uint8Array,
): Promise<Answer | null> {
  const upload = body && {
    method: "POST",
    body: new Uint8Array(body),
    headers: { "Content-Type": "application/octet-stream", "x-user": user },
  };
  try {
    const response = await fetch(
      `${url}/${path}?${new URLSearchParams(query)}`,
      upload ?? { headers: { "x-user": user } },
    );
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    // A killed server cuts its connections; the caller asks again.
    return null;
  }
}
