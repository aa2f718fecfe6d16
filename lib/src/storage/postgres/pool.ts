import { postgresLimits } from "./limits.ts";

/** What the store needs of a connection: a `PoolClient` of the package `pg` is one. */
export interface PostgresConnection {
  query(config: PostgresQuery): Promise<PostgresAnswer>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  /** `true` ends the connection instead of using it again. */
  release(destroy?: boolean): void;
}

export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly query_timeout?: number;
}

export interface PostgresAnswer {
  readonly command: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** What the store needs of a pool: a `Pool` of the package `pg` is one. */
export interface PostgresPool {
  connect(): Promise<PostgresConnection>;
  end(): Promise<void>;
}

/** A connection that was lent out. A connection that broke is never given back. */
export class Session {
  readonly #connection: PostgresConnection;
  #broken = false;
  /** Whether anything was ever answered on it while it was lent out, be it an error. */
  #answered = false;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    // While it is lent out nobody else listens, and an error that nobody hears ends the process.
    connection.on("error", this.#onError);
  }

  async query(text: string, values: unknown[] = []): Promise<PostgresAnswer> {
    try {
      const answer = await this.#connection.query({ text, values, query_timeout: postgresLimits.answerMs });
      this.#answered = true;
      return answer;
    } catch (error) {
      if (isAnswer(error)) this.#answered = true;
      else this.#broken = true;
      throw error;
    }
  }

  /** Several statements without values, in one round trip. Answers the rows of the last. */
  async run(statements: readonly string[]): Promise<PostgresAnswer["rows"]> {
    const config = { text: statements.join(";"), query_timeout: postgresLimits.answerMs };
    try {
      // One answer per statement when there are several.
      const answers = [await this.#connection.query(config)].flat();
      this.#answered = true;
      return answers.at(-1)?.rows ?? [];
    } catch (error) {
      this.#broken = true;
      if (isAnswer(error)) this.#answered = true;
      throw error;
    }
  }

  /** For a session that is still in a transaction nobody will end. */
  breakOff(): void {
    this.#broken = true;
  }

  /** It had ended before it was of any use. */
  get wasDead(): boolean {
    return this.#broken && !this.#answered;
  }

  release(): void {
    // A broken one is ended, and the server's last word may still come: nobody else would hear it.
    if (!this.#broken) this.#connection.removeListener("error", this.#onError);
    this.#connection.release(this.#broken);
  }

  readonly #onError = (): void => {
    // The query under way, or the next one, rejects with the reason.
    this.#broken = true;
  };
}

function isAnswer(error: unknown): boolean {
  return error instanceof Error && "severity" in error && error.severity === "ERROR";
}

/** A database that does not answer at all is not asked again at once. */
function isLate(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/**
 * Lends a connection for as long as `work` takes. A pool lends connections that ended a moment ago, as all do when a
 * database fails over: `work` is then done on another one, for nothing of it was ever answered. Its first statement must
 * bear that: one that changes nothing, or changes it once.
 */
export async function withSession<T>(pool: PostgresPool, work: (session: Session) => Promise<T>): Promise<T> {
  for (let dead = 0; ; dead++) {
    const session = new Session(await pool.connect());
    try {
      return await work(session);
    } catch (error) {
      if (!session.wasDead || isLate(error) || dead >= postgresLimits.deadMax) throw error;
    } finally {
      session.release();
    }
  }
}
