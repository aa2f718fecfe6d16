export type ServiceErrorCode =
  | "bad-settings"
  | "bad-key"
  | "development-key-exposed"
  | "bad-host"
  | "faults-exposed"
  | "port-in-use"
  | "cannot-listen";

/** Why the service did not start. The message ends with what to do next. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ServiceError";
    this.code = code;
  }
}
