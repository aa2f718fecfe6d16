import { StoreError } from "../../core/document-store.ts";

/** What PostgreSQL and its client said, as the port's errors. SQLSTATE is in `code`, how bad it is in `severity`. */

const diskFull = "53100";

/** Before COMMIT was sent: a transaction that did not end never was. */
export function writingError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (codeOf(error) === diskFull) {
    const message = "The database has no space left. Free some, and repeat the write.";
    return new StoreError("full", message, { cause: error });
  }
  const message = `The database did not take a write (${reason(error)}). Repeat it; check the database when this goes on.`;
  return new StoreError("not-durable", message, { cause: error });
}

/** An answer to COMMIT that is not its success. Only an error after which the session goes on says that it is undone. */
export function commitError(error: unknown): StoreError {
  const undone = codeOf(error).length === 5 && severityOf(error) === "ERROR";
  if (undone) return writingError(error);
  const message = `The connection broke while the database committed (${reason(error)}). Repeat the write: whether it was stored is not known yet.`;
  return new StoreError("unknown-outcome", message, { cause: error });
}

export function readingError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  // XX001, XX002: the database found its own pages damaged.
  if (codeOf(error).startsWith("XX00")) {
    const message = `The database found damaged data (${reason(error)}). Restore the document from a backup.`;
    return new StoreError("corrupt", message, { cause: error });
  }
  const message = `The database did not answer (${reason(error)}). Repeat the request; check the database when this goes on.`;
  return new StoreError("not-durable", message, { cause: error });
}

export function openingError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code === "42501") {
    const message = `The database user may not create the store's tables (${reason(error)}). Grant CREATE on the database once, or create the schema and grant it to the user.`;
    return new StoreError("closed", message, { cause: error });
  }
  const message = `The database cannot be opened (${reason(error)}). Check connectionString, and that the database is running.`;
  return new StoreError("not-durable", message, { cause: error });
}

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reason).join(", ");
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function severityOf(error: unknown): string {
  return error instanceof Error && "severity" in error ? String(error.severity) : "";
}
