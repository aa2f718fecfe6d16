/** The process under measurement: the server over a store on this machine. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import express from "express";
import { type CollabServer, createCollabServer } from "y-webpubsub-server";
import { chosenStore } from "../../support/chosen-store.ts";
import { answerCalls } from "../processes.ts";

/** Writers rest while the floors are measured; a connection that is closed just then would end the run. */
const restMsMax = 120_000;

/** As `chosenStore` reads it. */
export type StoreSetting = Readonly<Record<string, string>>;

export interface Memory {
  readonly residentMb: number;
  readonly heapMb: number;
  /** What V8 has from the system for its heap, of which it gives back what it does not need. */
  readonly committedMb: number;
  /** Buffers outside of the heap. */
  readonly externalMb: number;
  /** Of which something is held. */
  readonly documents: number;
}

let collab: CollabServer | null = null;
const delay = monitorEventLoopDelay({ resolution: 1 });
const megabyte = 2 ** 20;
const settleMs = 3_000;
const settleLooks = 10;
const settledBytes = 2 * megabyte;

const calls = {
  start: (store: StoreSetting): Promise<number> => start(store),
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  memory: (): Promise<Memory> => settled(),
  /** The longest that the event loop was held up since the last question, milliseconds. */
  pauseMs: (): number => {
    const longest = delay.max / 1e6;
    delay.reset();
    return longest;
  },
  compact: async (document: string): Promise<void> => {
    const before = installed();
    await collab?.document(document).compact();
    if (installed() === before) throw new Error(`The document was not compacted: ${JSON.stringify(collab?.stats())}`);
  },
};

export type ServerCalls = typeof calls;

answerCalls(calls);

async function start(store: StoreSetting): Promise<number> {
  collab = createCollabServer({
    // Nobody is connected: nothing is published, and nothing is at this address.
    connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=a-key-of-at-least-thirty-two-bytes;Version=1.0;",
    storage: await chosenStore(store),
    authorize: (request) => ({ userId: request.get("x-user") ?? "nobody", role: "writer" }),
    // All writers share one address.
    rates: "off",
  });
  await collab.ready();
  const server = createServer(express().use("/collab", collab.router));
  server.keepAliveTimeout = restMsMax;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  delay.enable();
  return (server.address() as AddressInfo).port;
}

/** After a garbage collection, and when what it freed was given back: V8 takes some seconds for that, when it is left alone. */
async function settled(): Promise<Memory> {
  let before = Number.POSITIVE_INFINITY;
  for (let looks = 0; looks < settleLooks; looks++) {
    gc?.();
    const { rss } = process.memoryUsage();
    if (before - rss < settledBytes && looks > 2) break;
    before = rss;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
  }
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return {
    residentMb: rss / megabyte,
    heapMb: heapUsed / megabyte,
    committedMb: heapTotal / megabyte,
    externalMb: external / megabyte,
    documents: collab?.stats().documents ?? 0,
  };
}

function installed(): number {
  return collab?.stats().counts["compactions-installed"] ?? 0;
}
