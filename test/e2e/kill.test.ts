import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Child, startChild } from "../support/child.ts";
import { readElements, Uploader } from "../support/uploader.ts";

const cycles = process.env["TEST_FULL"] ? 200 : 12;
const writersPerDocument = 4;
const documents = ["kills-a", "kills-b"];
const seed = Number(process.env["SEED"] ?? 20261121);

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
    const writers = documents.flatMap((document) =>
      Array.from({ length: writersPerDocument }, (_, number) => new Uploader(document, `writer-${number}`)),
    );
    const moment = moments();
    for (let cycle = 0; cycle < cycles; cycle++) {
      const server = await startServer();
      let dead = false;
      let onReceipt = (): void => undefined;
      const alive = new Promise<void>((done) => {
        onReceipt = done;
      });
      const writing = Promise.all(writers.map((writer) => writer.write(urlOf(server), () => dead, onReceipt)));
      await Promise.race([alive, writing]);
      // Death comes at a moment of the seed's choosing, while uploads are under way.
      await new Promise((done) => setTimeout(done, moment()));
      await server.kill("SIGKILL");
      dead = true;
      await writing;
    }
    const server = await startServer();
    try {
      for (const document of documents) {
        const elements = await readElements(urlOf(server), document);
        const receipted = writers
          .filter((writer) => writer.document === document)
          .flatMap((writer) => writer.receipted);
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

function urlOf(server: Child): string {
  return `http://127.0.0.1:${server.said}/collab`;
}
