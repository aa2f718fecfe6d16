import { randomBytes } from "node:crypto";
import { ServiceError } from "./errors.ts";

/** The key of Microsoft's emulator: samples written for it run unchanged. Everybody knows it, so loopback only. */
export const developmentKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH";

const keyBytesMin = 32;

export function randomKey(): string {
  return randomBytes(32).toString("base64url");
}

/** Throws `ServiceError` unless every key is fit for a connection string and for this host. */
export function checkKeys(keys: readonly string[], host: string): void {
  for (const key of keys) {
    if (Buffer.byteLength(key, "utf8") < keyBytesMin || /[;\p{Cc}]/u.test(key) || key.trim() !== key) {
      throw new ServiceError(
        "bad-key",
        `An access key needs at least ${keyBytesMin} bytes without ';', control characters or outer blanks. ` +
          "Leave the key out to get a random one.",
      );
    }
    if (key === developmentKey && !isLoopback(host)) {
      throw new ServiceError(
        "development-key-exposed",
        `The well-known development key must not be used on ${host}. Give a key of your own, or listen on 127.0.0.1.`,
      );
    }
  }
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
