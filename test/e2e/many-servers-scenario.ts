import { expect } from "vitest";
import type * as Y from "yjs";
import { Cluster } from "../support/cluster.ts";
import { Member } from "../support/member.ts";
import { elementsOf, readElements, Uploader } from "../support/uploader.ts";

export interface Scenario {
  readonly store: Readonly<Record<string, string>>;
  readonly documents: readonly string[];
  readonly uploadersPerDocument: number;
  readonly elementBytes: number;
  /** Receipts to wait for in each of the four parts: all well, one frozen, another killed as well, all well again. */
  readonly receiptsPerPart: number;
}

/**
 * Three servers on one store behind a load balancer that knows nothing. Uploaders and editors write all the time; one
 * server is frozen, then another killed, so that a single one is left; then both come back, the frozen one with
 * everything it was in the middle of. At the end each document is what a set checker wants: every element that has a
 * receipt is there exactly once, whichever server is asked.
 */
export async function survive(scenario: Scenario): Promise<void> {
  const { documents } = scenario;
  const cluster = await Cluster.start({ store: scenario.store, servers: 3, seeded: documents });
  const members: Member[] = [];
  try {
    const uploaders = documents.flatMap((document) =>
      Array.from(
        { length: scenario.uploadersPerDocument },
        (_, number) => new Uploader(document, `uploader-${number}`, scenario.elementBytes),
      ),
    );
    const [shared = ""] = documents;
    const editors = ["ada", "bob", "eve"].map((user) => new Editor(new Member(cluster.url, shared, user), user));
    members.push(...editors.map(({ member }) => member));
    await Promise.all(members.map((member) => member.synced()));

    const progress = new Progress();
    let enough = false;
    const writing = Promise.all(
      uploaders.map((uploader) =>
        uploader.write(
          cluster.url,
          () => enough,
          () => progress.add(),
        ),
      ),
    );
    const part = async () => {
      for (const editor of editors) editor.write();
      await Promise.race([progress.more(scenario.receiptsPerPart), writing]);
    };
    await part();
    cluster.freeze(0);
    await part();
    await cluster.kill(1);
    await part();
    await cluster.replace(1);
    cluster.thaw(0);
    await part();
    enough = true;
    await writing;
    await Promise.all(uploaders.map((uploader) => uploader.finish(cluster.url)));
    await Promise.all(members.map((member) => member.provider.whenSaved()));

    for (const document of documents) {
      const written = uploaders.filter((uploader) => uploader.document === document);
      const receipted = written.flatMap((uploader) => uploader.receipted);
      const typed = document === shared ? editors.flatMap(({ elements }) => elements) : [];
      const expected = [...receipted, ...typed].sort();
      for (const url of cluster.urls) {
        const elements = await readElements(url, document);
        const seeds = elements.filter((element) => element.startsWith("seed by"));
        expect(seeds, `${document}: seeded by one of four`).toHaveLength(1);
        expect(elements.filter((element) => !seeds.includes(element)).sort()).toEqual(expected);
      }
    }
    for (const { member } of editors) {
      const elements = await readElements(cluster.url, shared);
      await holds(member.doc, elements.length);
      expect(elementsOf(member.doc).sort()).toEqual(elements.sort());
    }
    const counts = await cluster.counts();
    console.log(`${progress.total} receipts; ${JSON.stringify(counts)}`);
    expect(counts["compactions-installed"], "servers compacted meanwhile").toBeGreaterThan(0);
  } finally {
    for (const { provider } of members) provider.destroy();
    await cluster.close();
  }
}

/** Resolves when the document has that many elements. */
function holds(doc: Y.Doc, count: number): Promise<void> {
  return new Promise((done) => {
    const look = () => {
      if (elementsOf(doc).length < count) return;
      doc.off("update", look);
      done();
    };
    doc.on("update", look);
    look();
  });
}

/** Somebody who types with a provider, through the same load balancer. */
class Editor {
  readonly member: Member;
  readonly elements: string[] = [];
  readonly #user: string;

  constructor(member: Member, user: string) {
    this.member = member;
    this.#user = user;
  }

  write(): void {
    const element = `${this.#user} ${this.elements.length + 1}`;
    this.elements.push(element);
    this.member.doc.getArray<string>("elements").push([element]);
  }
}

/** Counts receipts, and lets one wait for more of them. */
class Progress {
  total = 0;
  #waiting: { readonly total: number; readonly done: () => void } | null = null;

  add(): void {
    this.total += 1;
    if (this.#waiting === null || this.total < this.#waiting.total) return;
    this.#waiting.done();
    this.#waiting = null;
  }

  more(count: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting = { total: this.total + count, done };
    });
  }
}
