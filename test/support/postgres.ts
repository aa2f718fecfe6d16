import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Pool } from "pg";
import { freePort } from "./free-port.ts";
import { type Guarded, startGuarded } from "./guarded.ts";
import { findPostgres, type PostgresBinaries } from "./postgres-binaries.ts";

/** A PostgreSQL for tests. */
export interface Postgres {
  readonly connectionString: string;
  /** Which one it is. */
  readonly source: string;
  /** A pool for looking at it; ended by `stop`. */
  readonly admin: Pool;
  /** Kills every process of it at once and starts it anew on the same data; null where it is not ours to kill. */
  readonly crash: (() => Promise<void>) | null;
  stop(): Promise<void>;
}

/**
 * The database that `POSTGRES_URL` names, or a new one on a loopback port: of this machine's PostgreSQL, else of npm's.
 * It runs as an unprivileged user, since PostgreSQL refuses root, and ends with this process.
 */
export async function startPostgres(): Promise<Postgres> {
  const given = process.env["POSTGRES_URL"];
  const server = given === undefined ? await PostgresServer.start() : null;
  const connectionString = given ?? server?.connectionString ?? "";
  const source = server?.source ?? "POSTGRES_URL";
  console.log(`PostgreSQL: ${source}`);
  const admin = new Pool({ connectionString, max: 2 });
  admin.on("error", () => undefined);
  return {
    connectionString,
    source,
    admin,
    crash: server === null ? null : async () => server.crash(await workersOf(admin)),
    async stop() {
      await admin.end();
      await server?.stop();
    },
  };
}

/** Who runs it. */
interface Unprivileged {
  readonly uid: number;
  readonly gid: number;
}

class PostgresServer {
  readonly connectionString: string;
  readonly source: string;
  #server: Guarded;
  readonly #start: () => Promise<Guarded>;
  readonly #data: string;
  readonly #folders: readonly string[];

  private constructor(
    server: Guarded,
    start: () => Promise<Guarded>,
    { port, data, binaries }: { readonly port: number; readonly data: string; readonly binaries: PostgresBinaries },
  ) {
    const folder = dirname(data);
    this.#server = server;
    this.#start = start;
    this.#data = data;
    this.#folders = binaries.copy === null ? [folder] : [folder, binaries.copy];
    this.connectionString = `postgresql://tests@127.0.0.1:${port}/postgres`;
    this.source = binaries.source;
  }

  static async start(): Promise<PostgresServer> {
    const binaries = findPostgres();
    const user = unprivileged();
    const folder = mkdtempSync(join(tmpdir(), "y-webpubsub-postgres-"));
    if (user !== null) {
      chownSync(folder, user.uid, user.gid);
      if (binaries.copy !== null) chmodSync(binaries.copy, 0o755);
    }
    const data = join(folder, "data");
    const init = spawnSync(
      join(binaries.bin, "initdb"),
      ["-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C"],
      { ...user, cwd: folder, encoding: "utf8" },
    );
    if (init.status !== 0) throw new Error(`initdb failed (${binaries.source}):\n${init.stdout}${init.stderr}`);
    const port = await freePort();
    const start = () =>
      startGuarded([join(binaries.bin, "postgres"), "-D", data, ...settings(port)], {
        ...user,
        cwd: data,
        signal: "INT",
        ready: /ready to accept connections/,
      });
    return new PostgresServer(await start(), start, { port, data, binaries });
  }

  /** `workers`: the processes of it beside the first. */
  async crash(workers: readonly number[]): Promise<void> {
    const [postmaster] = readFileSync(join(this.#data, "postmaster.pid"), "utf8").split("\n");
    for (const pid of [Number(postmaster), ...workers]) killNow(pid);
    await this.#server.stop();
    this.#server = await this.#restart();
  }

  /** A worker that came up after `workers` were counted keeps the data for itself until it sees that it is alone. */
  async #restart(attemptsLeft = 50): Promise<Guarded> {
    try {
      return await this.#start();
    } catch (error) {
      if (attemptsLeft === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return this.#restart(attemptsLeft - 1);
    }
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }
}

async function workersOf(admin: Pool): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>("SELECT pid FROM pg_stat_activity");
  return rows.map(({ pid }) => pid);
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // A process of the database that ended by itself meanwhile is as dead as it should be.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function settings(port: number): string[] {
  const values = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: "100",
    shared_buffers: "32MB",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Null when this process is unprivileged itself. */
function unprivileged(): Unprivileged | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string) => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout.trim() || 65_534);
  return { uid: id("-u"), gid: id("-g") };
}
