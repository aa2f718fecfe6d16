import type { BenchOptions } from "../main.ts";
import { type Remote, startProcess } from "../processes.ts";
import type { Row } from "../report.ts";
import { draw } from "./board.ts";
import { openAll, restore, shapesAt } from "./calls.ts";
import type { EditorCalls } from "./editor.ts";
import { folder, type Written, write } from "./place.ts";
import type { ServerCalls } from "./server.ts";
import { during, type Used } from "./usage.ts";

const editorCount = 5;

/**
 * A board of 20,000 shapes with 100 named versions: what they cost, how fast one opens, how fast a restore is seen. Service
 * and server are one process, each editor is another, and this one opens versions and asks for restores.
 */
export async function benchHistory({ quick, only }: BenchOptions): Promise<readonly Row[]> {
  const place = await folder();
  try {
    const written = await write(place.path, draw(quick ? 500 : 20_000, quick ? 10 : 100));
    const bytes = { values: [written.chunkBytes / 1e6], foreignCores: [] };
    const rows = [row("history of all versions, stored", "MB", bytes, 5)];
    if ("opening".includes(only)) rows.push(...(await benchOpening(place.path, written, quick ? 1 : 3)));
    if ("restores".includes(only)) {
      rows.push(...(await benchRestores(place.path, latest(written, quick ? 1 : 5), "a restore")));
      const halves = halfAndBack(written, quick ? 1 : 3);
      rows.push(...(await benchRestores(place.path, halves, "a restore of half the history")));
    }
    return rows;
  } finally {
    await place.remove();
  }
}

interface Measured {
  readonly values: readonly number[];
  readonly foreignCores: readonly number[];
}

function row(name: string, unit: string, { values, foreignCores }: Measured, limit?: number): Row {
  return { name, unit, ...(limit !== undefined && { limit }), subject: { name: "ours", values }, foreignCores };
}

/** Each version once, of a server that has just started: nothing is kept of another opening. */
async function benchOpening(path: string, written: Written, times: number): Promise<readonly Row[]> {
  const opened: number[] = [];
  const slowest: number[] = [];
  const uses: Used[] = [];
  for (let time = 0; time < times; time++) {
    await withServer(path, async (server, url) => {
      const use = await during([server], async () => {
        const took = await openAll(url, written.versions);
        opened.push(...took);
        slowest.push(Math.max(...took));
      });
      uses.push(use);
    });
  }
  const foreignCores = uses.flatMap((use) => use.foreignCores);
  const serverMs = uses.flatMap(({ cpuMs }) => cpuMs).map((cpuMs) => cpuMs / written.versions.length);
  return [
    row("opening a version, slowest", "ms", { values: slowest, foreignCores }, 1_000),
    row("opening a version", "ms", { values: opened, foreignCores }, 1_000),
    row("opening a version: CPU of the server", "ms", { values: serverMs, foreignCores }),
  ];
}

/** From each request until every editor shows as many shapes as the version has. */
async function benchRestores(path: string, cursors: readonly string[], name: string): Promise<readonly Row[]> {
  const took: number[] = [];
  const uses: Used[] = [];
  await withServer(path, async (server, url) => {
    const editors = Array.from({ length: editorCount }, () => startProcess<EditorCalls>("history/editor.ts"));
    try {
      await Promise.all(editors.map((editor, index) => editor.call("join", { url, user: `editor ${index}` })));
      for (const cursor of cursors) {
        const shapes = await shapesAt(url, cursor);
        const use = await during([server, ...editors], async () => {
          const began = performance.now();
          const shown = editors.map((editor) => editor.call("shows", shapes));
          await restore(url, cursor);
          await Promise.all(shown);
          took.push(performance.now() - began);
        });
        uses.push(use);
      }
    } finally {
      await Promise.all(editors.map((editor) => editor.end()));
    }
  });
  const foreignCores = uses.flatMap((use) => use.foreignCores);
  const cpu = (of: (cpuMs: readonly number[]) => readonly number[]): Measured => {
    return { values: uses.flatMap(({ cpuMs }) => of(cpuMs)), foreignCores };
  };
  return [
    row(`${name}, until ${editorCount} editors show it`, "ms", { values: took, foreignCores }, 1_000),
    row(
      `${name}: CPU of the server`,
      "ms",
      cpu(([first]) => (first === undefined ? [] : [first])),
    ),
    row(
      `${name}: CPU of an editor`,
      "ms",
      cpu(([, ...editors]) => editors),
    ),
  ];
}

async function withServer(path: string, work: (server: Remote<ServerCalls>, url: string) => Promise<void>) {
  const server = startProcess<ServerCalls>("history/server.ts");
  try {
    await work(server, await server.call("start", path));
  } finally {
    await server.end();
  }
}

/** Each further back than the one before, and never far. */
function latest({ versions }: Written, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => cursorAt(versions, versions.length - 2 - index * 7));
}

/** Away goes half of the board, and comes again. */
function halfAndBack({ versions }: Written, times: number): readonly string[] {
  const half = [cursorAt(versions, Math.floor(versions.length / 2) - 1), cursorAt(versions, versions.length - 2)];
  return Array.from({ length: times }, () => half).flat();
}

function cursorAt(versions: Written["versions"], index: number): string {
  const version = versions[index];
  if (version === undefined) throw new Error("The drawing has too few versions.");
  return version.cursor;
}
