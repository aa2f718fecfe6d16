import { StoreError } from "../../core/document-store.ts";

/** What Azure Storage and its client said, as the port's errors. The HTTP status is in `statusCode`. */

export function statusOf(error: unknown): number {
  return error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 0;
}

/** DU10: a missing container is no missing blob. */
export function isMissingBlob(error: unknown): boolean {
  return statusOf(error) === 404 && codeOf(error) === "BlobNotFound";
}

export function isMissingContainer(error: unknown): boolean {
  return statusOf(error) === 404 && codeOf(error) === "ContainerNotFound";
}

/** A conditional write that came second. */
export function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || (status === 409 && codeOf(error) === "BlobAlreadyExists");
}

/** The service answered, and did not do it. */
export function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status >= 400 && status < 500 && status !== 408;
}

export function writingError(outcome: "not-stored" | "unknown", error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (outcome === "unknown") {
    const message = `The blob store did not say whether a write got through (${reason(error)}). Repeat the write: whether it was stored is not known yet.`;
    return new StoreError("unknown-outcome", message, { cause: error });
  }
  const message = `The blob store did not take a write (${reason(error)}). Repeat it; check the storage account when this goes on.`;
  return new StoreError("not-durable", message, { cause: error });
}

export function readingError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = `The blob store did not answer (${reason(error)}). Repeat the request; check the storage account when this goes on.`;
  return new StoreError("not-durable", message, { cause: error });
}

export function openingError(container: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if ([401, 403].includes(statusOf(error))) {
    const message = `The container "${container}" may not be used (${reason(error)}). Grant reading, writing, deleting and listing of blobs, and make the container first if that is not granted.`;
    return new StoreError("closed", message, { cause: error });
  }
  const message = `The container "${container}" cannot be opened (${reason(error)}). Check the connection string and the network.`;
  return new StoreError("not-durable", message, { cause: error });
}

function reason(error: unknown): string {
  const text = codeOf(error) || (error instanceof Error ? error.message : String(error));
  return text.slice(0, 200);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
