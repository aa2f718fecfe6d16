import { createHash } from "node:crypto";

/**
 * The number of an advisory lock: 64 bits that the store, by its schema, and the thing it locks are mixed into. Two that
 * share a number wait for one another without need, which is all that can happen.
 */
export function lockNumber(schema: string, scope: string): bigint {
  return createHash("sha256").update(`y-webpubsub ${schema} ${scope}`).digest().readBigInt64BE();
}
