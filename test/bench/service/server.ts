/** The process under measurement: the service or one of the floors, and what it has used so far. */
import { startService } from "webpubsub-local";
import { startBatched } from "../floors/batched.ts";
import { startPlain } from "../floors/plain.ts";
import { startSharedFrame } from "../floors/shared-frame.ts";
import { answerCalls } from "../processes.ts";

export type ServerKind = "service" | "batched" | "shared-frame" | "plain";

export interface Usage {
  /** User and system time of the process, in microseconds. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** Why the service ended connections, in order. */
  readonly ended: readonly string[];
}

const ended: string[] = [];

const calls = {
  start: (options: { readonly kind: ServerKind; readonly accessKey: string }) => start(options),
  usage: (): Usage => usage(),
  /** The same after a full garbage collection. */
  settledUsage: (): Usage => {
    globalThis.gc?.();
    globalThis.gc?.();
    return usage();
  },
};

export type ServerCalls = typeof calls;

answerCalls(calls);

async function start({ kind, accessKey }: { readonly kind: ServerKind; readonly accessKey: string }): Promise<number> {
  switch (kind) {
    case "service": {
      const service = await startService({
        port: 0,
        accessKey,
        hubs: { open: { anonymousConnectPolicy: "allow" } },
        log: (line) => {
          if (line.type === "disconnected" && ended.length < 100) ended.push(line.reason);
        },
      });
      return service.port;
    }
    case "batched":
      return startBatched();
    case "shared-frame":
      return startSharedFrame();
    case "plain":
      return startPlain();
    default:
      throw new Error(`There is no server '${String(kind satisfies never)}'.`);
  }
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, residentBytes: process.memoryUsage.rss(), ended };
}
