import { StoreError } from "../core/document-store.ts";

/** What LevelDB said, as the port's errors. LevelDB names its errors in `code`, and the reason is in `cause`. */

/** The database was closed while something read from it. */
export function isClosedUnderneath(error: unknown): boolean {
  return ["LEVEL_DATABASE_NOT_OPEN", "LEVEL_ITERATOR_NOT_OPEN", "LEVEL_SNAPSHOT_NOT_OPEN"].includes(codeOf(error));
}

export function openingError(path: string, error: unknown): StoreError {
  const codes = [codeOf(error), codeOf(causeOf(error))];
  if (codes.includes("LEVEL_LOCKED")) {
    const message = `The store at ${path} is in use by another process or by another store of this one. Stop it, or choose another path; several servers need a store that they can share.`;
    return new StoreError("closed", message, { cause: error });
  }
  if (codes.includes("LEVEL_CORRUPTION")) {
    const message = `The store at ${path} is damaged and cannot be opened. Restore it from a backup.`;
    return new StoreError("corrupt", message, { cause: error });
  }
  if (isFull(error)) {
    const message = `The store at ${path} cannot be opened because the disk is full. Free some space.`;
    return new StoreError("full", message, { cause: error });
  }
  if (isRefused(error)) {
    const message = `The store at ${path} cannot be opened: its disk or folder is read-only. Mount the disk for writing, or let this process's user write there; to read the documents meanwhile, open a copy of the folder on another disk.`;
    return new StoreError("not-durable", message, { cause: error });
  }
  const message = `The store at ${path} cannot be opened (${reason(causeOf(error) ?? error)}). Check the disk and the permissions.`;
  return new StoreError("not-durable", message, { cause: error });
}

/** `unknown`: the database could not be opened anew to look whether the write is there. */
export function writingError(outcome: "not-stored" | "unknown", error: unknown, opening?: unknown): StoreError {
  const full = isFull(error);
  const why = full
    ? "The disk is full. Free some space"
    : `The disk refused a write (${reason(error)}). Check the disk`;
  if (outcome === "unknown") {
    const message = `${why}, and repeat the write: whether it was stored is not known yet.`;
    return new StoreError("unknown-outcome", message, { cause: opening });
  }
  return new StoreError(full ? "full" : "not-durable", `${why}, and repeat the write.`, { cause: error });
}

/** `error`: what refused a write just now; null: the write was not tried. */
export function readOnlyError(path: string, error: unknown): StoreError {
  const why = `The disk or folder of the store at ${path} is read-only: documents can be read, nothing can be stored. Mount the disk for writing, or let this process's user write there`;
  if (error === null || isRefused(error)) return new StoreError("not-durable", `${why}.`, { cause: error });
  const message = `${why}, and repeat the write: whether it was stored is not known yet.`;
  return new StoreError("unknown-outcome", message, { cause: error });
}

export function readingError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (codeOf(error) === "LEVEL_CORRUPTION") {
    const message = "Stored records are damaged. Restore the document from a backup.";
    return new StoreError("corrupt", message, { cause: error });
  }
  const message = `The disk refused to read (${reason(error)}). Check the disk, and repeat the request.`;
  return new StoreError("not-durable", message, { cause: error });
}

function isFull(error: unknown): boolean {
  return /no space left|quota exceeded|ENOSPC|EDQUOT/i.test(`${reason(error)} ${reason(causeOf(error))}`);
}

function isRefused(error: unknown): boolean {
  return /read-only file system|permission denied|EROFS|EACCES|EPERM/i.test(
    `${reason(error)} ${reason(causeOf(error))}`,
  );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
