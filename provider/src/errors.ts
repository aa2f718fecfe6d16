export type ProviderErrorCode =
  /** The constructor was given a server URL, a document id or an option that cannot work. */
  | "bad-server-url"
  | "bad-document-id"
  | "bad-option"
  /** The provider was destroyed; what was waited for will not come. */
  | "destroyed"
  /** Edits that were not saved stayed in the document that `reload` replaced. */
  | "reloaded"
  /** The copy on this device cannot be used or written; `detail` says why. The provider goes on. */
  | "local-copy"
  /** The server or the service did not let us in, or could not be reached; `detail` is the cause's own code. */
  | "connection";

/** An error that people meet: what happened, then what to do about it. `code` is stable, `message` is not. */
export class ProviderError extends Error {
  readonly code: ProviderErrorCode;
  /** For `connection` and `local-copy`: the stable code of the cause, e.g. the server's own; else the empty string. */
  readonly detail: string;

  constructor(code: ProviderErrorCode, whatAndNextStep: string, detail = "") {
    super(whatAndNextStep);
    this.name = "ProviderError";
    this.code = code;
    this.detail = detail;
  }
}

export function reloaded(): ProviderError {
  return new ProviderError(
    "reloaded",
    "The document was replaced before its last edits were saved. They are in the document that `provider.doc` was before; export them from there.",
  );
}
