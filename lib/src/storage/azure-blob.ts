import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { blobLimits } from "./azure-blob/limits.ts";
import { BlobTable } from "./azure-blob/table.ts";
import { RecordStore } from "./record-store.ts";

export interface AzureBlobStoreOptions {
  /** Of a storage account, as the portal shows it. */
  readonly connectionString?: string;
  /** With `connectionString`: the container, made when it is missing. Default `y-webpubsub`. */
  readonly container?: string;
  /** A `ContainerClient` of `@azure/storage-blob`, for every other way to sign in; instead of a connection string. */
  readonly containerClient?: ContainerClient;
  /** In front of all blob names, so that a container may hold other things too. Default none. */
  readonly prefix?: string;
  /** Wall clock, milliseconds, which says how long a replaced snapshot stays. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Keeps documents in Azure Blob Storage, for any number of servers at once. A write resolves when the service has
 * answered that the document's root blob was replaced, on a condition that makes servers which write at the same time
 * come one after the other; writes to one document that arrive meanwhile share the next root. `open()` rejects with a
 * `StoreError` "closed" when a newer version of this package filled the container or it may not be used. Throws a
 * `TypeError` unless exactly one of `connectionString` and `containerClient` is given.
 */
export class AzureBlobStore extends RecordStore {
  constructor({
    connectionString,
    container = "y-webpubsub",
    containerClient,
    prefix = "",
    now = Date.now,
  }: AzureBlobStoreOptions) {
    const client = containerClient ?? (connectionString && clientOf(connectionString, container));
    if (!client || (connectionString !== undefined && containerClient !== undefined)) {
      throw new TypeError("Pass either connectionString or containerClient to AzureBlobStore.");
    }
    const table = new BlobTable(client, prefix);
    super(table, { submit: (operation) => table.writer.submit(operation) }, { shared: true, now });
  }
}

function clientOf(connectionString: string, container: string): ContainerClient {
  const { triesMax, requestMs } = blobLimits;
  const retryOptions = { maxTries: triesMax, tryTimeoutInMs: requestMs, retryDelayInMs: 100, maxRetryDelayInMs: 1_000 };
  return BlobServiceClient.fromConnectionString(connectionString, { retryOptions }).getContainerClient(container);
}
