import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Postgres, startPostgres } from "../../support/postgres.ts";
import { ticksPerSecond } from "../foreign-load.ts";
import type { StoreSetting } from "./server.ts";

export type StoreName = "LevelStore" | "PostgreSQL";

/** Stores of this machine, each on a place of its own. */
export class Stores {
  readonly #folders: string[] = [];
  #postgres: Promise<Postgres> | null = null;
  #schemas = 0;

  async make(name: StoreName): Promise<StoreSetting> {
    if (name === "PostgreSQL") {
      this.#postgres ??= startPostgres();
      this.#schemas += 1;
      const { connectionString } = await this.#postgres;
      return { POSTGRES: connectionString, SCHEMA: `bench_${this.#schemas}` };
    }
    const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-bench-"));
    this.#folders.push(folder);
    return { DATA_DIR: join(folder, "data") };
  }

  /** Processor time of the database's processes: it belongs to the bench, not to others. */
  async cpuSeconds(): Promise<number> {
    if (this.#postgres === null) return 0;
    const { admin } = await this.#postgres;
    const { rows } = await admin.query<{ pid: number }>("SELECT pid FROM pg_stat_activity");
    return rows.reduce((sum, { pid }) => sum + secondsOf(pid), 0);
  }

  async remove(): Promise<void> {
    await (await this.#postgres)?.stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }
}

/** By /proc; 0 where there is none, and for a process that ended. */
function secondsOf(pid: number): number {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return 0; // Not on this machine, or gone: it counts as others.
  }
  // What follows the name, which may hold anything but `)`: user and system time are the 12th and 13th.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
