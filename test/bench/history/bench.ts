import { WebPubSubProvider } from "y-webpubsub";
import type { Cursor } from "y-webpubsub/core";
import * as Y from "yjs";
import { ForeignLoad } from "../foreign-load.ts";
import type { BenchOptions } from "../main.ts";
import type { Row } from "../report.ts";
import { draw } from "./board.ts";
import { board, folder, serve, type Written, write } from "./place.ts";

const editorCount = 5;

/** A board of 20,000 shapes with 100 named versions: what they cost, how fast one opens, how fast a restore is seen. */
export async function benchHistory({ quick }: BenchOptions): Promise<readonly Row[]> {
  const drawing = draw(quick ? 500 : 20_000, quick ? 10 : 100);
  const place = await folder();
  try {
    const written = await write(place.path, drawing);
    const server = await serve(written.store);
    try {
      const opened = await openAll(server.url, written);
      const editors = await join(server.url);
      const restored = await restoreAll(server.url, editors, latest(written, quick ? 1 : 5));
      const halves = await restoreAll(server.url, editors, halfAndBack(written, quick ? 1 : 3));
      for (const editor of editors) editor.destroy();
      return [
        row("history of all versions, stored", "MB", 5, { values: [written.chunkBytes / 1e6], foreignCores: [] }),
        row("opening a version, slowest", "ms", 1_000, { ...opened, values: [Math.max(...opened.values)] }),
        row("opening a version", "ms", 1_000, opened),
        row(`a restore, until ${editorCount} editors show it`, "ms", 1_000, restored),
        row(`a restore of half the history, until ${editorCount} editors show it`, "ms", 1_000, halves),
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

async function join(url: string): Promise<readonly WebPubSubProvider[]> {
  const editors = Array.from({ length: editorCount }, (_, index) => {
    return new WebPubSubProvider(url, board, new Y.Doc(), { headers: { "x-user": `editor ${index}` } });
  });
  await Promise.all(editors.map(({ whenSynced }) => whenSynced));
  return editors;
}

/** Each further back than the one before, and never far. */
function latest({ versions }: Written, count: number): readonly Cursor[] {
  return Array.from({ length: count }, (_, index) => cursorAt(versions, versions.length - 2 - index * 7));
}

/** Away goes half of the board, and comes again. */
function halfAndBack({ versions }: Written, times: number): readonly Cursor[] {
  const half = [cursorAt(versions, Math.floor(versions.length / 2) - 1), cursorAt(versions, versions.length - 2)];
  return Array.from({ length: times }, () => half).flat();
}

function cursorAt(versions: Written["versions"], index: number): Cursor {
  const version = versions[index];
  if (version === undefined) throw new Error("The drawing has too few versions.");
  return version.cursor;
}

/** From each request until every editor shows as many shapes as the version has. */
async function restoreAll(
  url: string,
  editors: readonly WebPubSubProvider[],
  cursors: readonly Cursor[],
): Promise<Measured> {
  const values: number[] = [];
  const load = new Load();
  for (const cursor of cursors) {
    const wanted = await sizeAt(url, cursor);
    const began = performance.now();
    const seen = Promise.all(editors.map(({ doc }) => untilSize(doc, wanted)));
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ cursor });
    const answer = await fetch(`${url}/restore?document=${board}`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`The restore was answered ${answer.status} ${await answer.text()}`);
    await seen;
    values.push(performance.now() - began);
  }
  return { values, foreignCores: load.foreignCores() };
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
