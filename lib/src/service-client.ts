import { createSecretKey } from "node:crypto";
import { AzureKeyCredential, WebPubSubServiceClient } from "@azure/web-pubsub";

/** Throws a `TypeError` when the connection string names no endpoint or no key. */
export function serviceClient(
  connectionString: string,
  hub: string,
  { retries = 2 }: { readonly retries?: number } = {},
): WebPubSubServiceClient {
  const options = {
    // The SDK refuses plain HTTP unless told; only a local service speaks it.
    allowInsecureConnection: /(?:^|;)\s*Endpoint=http:/i.test(connectionString),
    retryOptions: { maxRetries: retries, retryDelayInMs: 500 },
  };
  const { endpoint } = new WebPubSubServiceClient(connectionString, hub, options);
  return new WebPubSubServiceClient(endpoint, new ParsedKey(accessKeyOf(connectionString)), hub, options);
}

/** `Endpoint=...;AccessKey=...;...`; names ignore case, a value may hold `=`. Empty when there is none. */
export function accessKeyOf(connectionString: string): string {
  return /(?:^|;)\s*AccessKey=([^;]*)/i.exec(connectionString)?.[1]?.trim() ?? "";
}

/**
 * The SDK hands the key unread to jsonwebtoken, which tries to parse a text as PEM at each signature: 0.49 ms for each
 * ticket and each call, where a key object takes 0.015. The type of `key` has no room for it.
 */
class ParsedKey extends AzureKeyCredential {
  readonly #key: unknown;

  constructor(accessKey: string) {
    super(accessKey);
    this.#key = createSecretKey(Buffer.from(accessKey));
  }

  override get key(): string {
    return this.#key as string;
  }
}
