import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { ForeignLoad } from "../foreign-load.ts";
import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { draw } from "./board.ts";
import { board, folder, serve, type Written, write } from "./place.ts";

const editors = 5;

/** A board of 20,000 shapes with 100 named versions: what they cost, how fast one opens, how fast a restore is seen. */
export async function benchHistory({ quick }: BenchOptions): Promise<readonly Row[]> {
  const drawing = draw(quick ? 500 : 20_000, quick ? 10 : 100);
  const place = await folder();
  try {
    const written = await write(place.path, drawing);
    const server = await serve(written.store);
    try {
      const opened = await openAll(server.url, written);
      const restored = await restoreSome(server.url, written, quick ? 1 : 5);
      return [
        row("history of all versions, stored", "MB", 5, { values: [written.chunkBytes / 1e6], foreignCores: [] }),
        row("opening a version, slowest", "ms", 1_000, { ...opened, values: [Math.max(...opened.values)] }),
        row("opening a version", "ms", 1_000, opened),
        row(`a restore, until ${editors} editors show it`, "ms", 1_000, restored),
      ];
    } finally {
      await server.close();
    }
  } finally {
    await place.remove();
  }
}

interface Measured {
  readonly values: readonly number[];
  readonly foreignCores: readonly number[];
}

function row(name: string, unit: string, limit: number, { values, foreignCores }: Measured): Row {
  return { name, unit, limit, subject: { name: "server", values }, foreignCores };
}

/** From the request until the Y.Doc is there. */
async function openAll(url: string, { versions }: Written): Promise<Measured> {
  const values: number[] = [];
  const load = new Load();
  for (const { id } of versions) {
    const began = performance.now();
    const answer = await fetch(`${url}/preview?document=${board}&version=${id}`);
    if (!answer.ok) throw new Error(`The preview was answered ${answer.status} ${await answer.text()}`);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, new Uint8Array(await answer.arrayBuffer()));
    values.push(performance.now() - began);
    doc.destroy();
  }
  return { values, foreignCores: load.foreignCores() };
}

/** From the request until every editor shows as many shapes as the version has. */
async function restoreSome(url: string, { versions }: Written, repeats: number): Promise<Measured> {
  const providers = Array.from({ length: editors }, (_, index) => {
    return new WebPubSubProvider(url, board, new Y.Doc(), { headers: { "x-user": `editor ${index}` } });
  });
  try {
    await Promise.all(providers.map(({ whenSynced }) => whenSynced));
    const values: number[] = [];
    const load = new Load();
    for (let repeat = 0; repeat < repeats; repeat++) {
      const version = versions[versions.length - 2 - repeat * 7];
      if (version === undefined) throw new Error("The drawing has too few versions.");
      const cursor = `{"cursor":"${version.cursor}"}`;
      const wanted = await sizeAt(url, version.cursor);
      const began = performance.now();
      const seen = Promise.all(providers.map((provider) => untilSize(provider.doc, wanted)));
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(`${url}/restore?document=${board}`, { method: "POST", headers, body: cursor });
      if (!answer.ok) throw new Error(`The restore was answered ${answer.status} ${await answer.text()}`);
      await seen;
      values.push(performance.now() - began);
    }
    return { values, foreignCores: load.foreignCores() };
  } finally {
    for (const provider of providers) provider.destroy();
  }
}

async function sizeAt(url: string, cursor: string): Promise<number> {
  const answer = await fetch(`${url}/preview?document=${board}&cursor=${cursor}`);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await answer.arrayBuffer()));
  return doc.getMap("shapes").size;
}

function untilSize(doc: Y.Doc, size: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (doc.getMap("shapes").size !== size) return;
      doc.off("update", look);
      resolve();
    };
    doc.on("update", look);
    look();
  });
}

/** What others kept busy: everything of the bench runs in this process. */
class Load {
  readonly #load: ForeignLoad = new ForeignLoad();
  readonly #own: NodeJS.CpuUsage = process.cpuUsage();

  foreignCores(): readonly number[] {
    const { user, system } = process.cpuUsage(this.#own);
    const cores = this.#load.cores((user + system) / 1e6);
    return cores === undefined ? [] : [cores];
  }
}
