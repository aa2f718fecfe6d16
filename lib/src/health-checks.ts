import { randomBytes } from "node:crypto";
import type { Opened } from "./collab.ts";
import { elapsedMs } from "./core/elapsed.ts";
import type { DocumentStore, Folder } from "./core/index.ts";
import { healthLimits } from "./limits.ts";
import { type Log, reasonOf } from "./log-line.ts";

export type PartState = "ok" | "failed" | "stopping";

export interface HealthReport {
  readonly ready: boolean;
  /** `store`: opened, readable and writable. `keys`: opened. `folder`: the worker answers. `server`: not stopping. */
  readonly parts: Readonly<Record<"server" | "store" | "keys" | "folder", PartState>>;
}

export interface HealthPorts {
  readonly open: () => Promise<Opened>;
  readonly store: DocumentStore;
  readonly folder: Folder;
  readonly now: () => number;
  readonly log: Log;
  readonly stopping: () => boolean;
}

/** Really writes and really folds, at most once in a while: a store that only answers reads is not ready. */
export class HealthChecks {
  readonly #ports: HealthPorts;
  #last: { readonly atMs: number; readonly report: Promise<HealthReport["parts"]> } | null = null;

  constructor(ports: HealthPorts) {
    this.#ports = ports;
  }

  async look(): Promise<HealthReport> {
    const { now, stopping } = this.#ports;
    if (stopping()) {
      return { ready: false, parts: { server: "stopping", store: "ok", keys: "ok", folder: "ok" } };
    }
    if (this.#last === null || elapsedMs(this.#last.atMs, now()) >= healthLimits.keptMs) {
      this.#last = { atMs: now(), report: this.#lookNow() };
    }
    const parts = await this.#last.report;
    return { ready: Object.values(parts).every((state) => state === "ok"), parts };
  }

  async #lookNow(): Promise<HealthReport["parts"]> {
    const failed: PartState = "failed";
    const keys = await this.#try("keys", async () => void (await this.#ports.open()));
    const [store, folder] = await Promise.all([
      keys === "ok" ? this.#try("store", () => this.#write()) : failed,
      this.#try("folder", () => this.#ports.folder.fold({ payload: null, updates: [] })),
    ]);
    return { server: "ok", store, keys, folder };
  }

  /** Of several servers that write at once one wins; that the store said so is what was to be known. */
  async #write(): Promise<void> {
    const { store } = this.#ports;
    const before = await store.setting("health");
    await store.changeSetting("health", before, new Uint8Array(randomBytes(16)));
  }

  async #try(part: string, work: () => Promise<unknown>): Promise<"ok" | "failed"> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer in ${healthLimits.deadlineMs} ms`)),
        healthLimits.deadlineMs,
      );
    });
    try {
      await Promise.race([work(), late]);
      return "ok";
    } catch (error) {
      this.#ports.log.write({ level: "warn", event: "not-ready", reason: reasonOf(error), fields: { part } });
      return "failed";
    } finally {
      clearTimeout(timer);
    }
  }
}
