import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DocumentId } from "y-webpubsub/core";
import { LevelStore } from "y-webpubsub-server/storage/level";
import { type Child, startChild } from "../support/child.ts";
import { readElements, Uploader } from "../support/uploader.ts";

/** Uploads of 100 KB: a document far beyond what is sent or folded at once. */
const elementBytes = 100_000;
const large = "large";
const loads = 30;

describe("a large document on a server of many", () => {
  let folder: string;
  let server: Child;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "y-webpubsub-large-"));
    server = await start();
  });
  afterEach(async () => {
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  const start = () => startChild("test/e2e/server-process.ts", { env: { DATA_DIR: folder }, ready: /ready on (\d+)/ });
  const url = () => `http://127.0.0.1:${server.said}/collab`;

  async function write(document: string, bytes: number, count: number): Promise<readonly string[]> {
    const uploader = new Uploader(document, `writer of ${document}`, bytes);
    await uploader.write(
      url(),
      () => uploader.receipted.length >= count,
      () => undefined,
    );
    return uploader.receipted;
  }

  async function stats(): Promise<{ readonly documents: number; readonly counts: Readonly<Record<string, number>> }> {
    const response = await fetch(`http://127.0.0.1:${server.said}/stats`);
    return (await response.json()) as { documents: number; counts: Record<string, number> };
  }

  test("DU11 while it is folded others save and it is read, each whole; a new server reads it from the snapshot", async () => {
    const elements = await write(large, elementBytes, loads);
    const others: string[] = [];
    for (let round = 0; (await stats()).counts["compactions-installed"] === undefined; round++) {
      const document = `note-${round}`;
      others.push(document);
      expect(await write(document, 10, 1)).toHaveLength(1);
      expect(await readElements(url(), large)).toEqual(elements);
    }
    expect(await readElements(url(), large)).toEqual(elements);
    await server.kill("SIGKILL");

    const store = new LevelStore({ path: folder });
    await store.open();
    const stored = await store.load(large as DocumentId);
    expect(stored?.entries).toEqual([]);
    expect(stored?.snapshot?.payloadBytes).toBeGreaterThan(loads * elementBytes);
    await store.close();

    server = await start();
    expect(await readElements(url(), large)).toEqual(elements);
    for (const document of others) expect(await readElements(url(), document)).toHaveLength(1);
  });

  test("of documents that were opened and left a server holds a thousand", async () => {
    const names = Array.from({ length: 1_100 }, (_, number) => `left-${number}`);
    const lanes = Array.from({ length: 10 }, (_, lane) => names.filter((_name, index) => index % 10 === lane));
    const read = async (lane: readonly string[]) => {
      for (const name of lane) expect(await readElements(url(), name)).toEqual([]);
    };
    await Promise.all(lanes.map(read));
    expect((await stats()).documents).toBe(1_000);
  });
});
