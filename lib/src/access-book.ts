import { type DocumentId, parseJson, type Role, type UserId } from "y-webpubsub/core";
import { elapsedMs } from "./core/elapsed.ts";
import { type DocumentStore, StoreError } from "./core/index.ts";
import { accessLimits } from "./limits.ts";

/** The most that a user gets, whatever `authorize` says. */
export type Ceiling = "none" | "reader";

/** What servers of one store know of a document's access, beside `authorize`. */
export interface DocumentRules {
  /** ID1: grows with every change; it names the groups. */
  readonly accessEpoch: number;
  readonly ceilings: ReadonlyMap<string, Ceiling>;
}

interface Freshness {
  /** What the store says now, never what is remembered. Default: false. */
  readonly fresh?: boolean;
}

const unchanged: DocumentRules = { accessEpoch: 1, ceilings: new Map() };

interface Kept {
  readonly atMs: number;
  readonly bytes: Promise<Uint8Array | null>;
}

/** The access rules in the store. Reads are kept for a moment where several servers write (AC3), else until changed here. */
export class AccessBook {
  readonly #store: DocumentStore;
  readonly #now: () => number;
  /** In order of use. */
  readonly #kept: Map<string, Kept> = new Map();

  constructor(store: DocumentStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** `fresh`: what the store says now, never what is remembered. */
  async rules(document: DocumentId, { fresh = false }: Freshness = {}): Promise<DocumentRules> {
    return parseRules(await this.#read(nameOf(document), fresh));
  }

  /** Whether the user was revoked in every document. */
  async isRevoked(userId: UserId, { fresh = false }: Freshness = {}): Promise<boolean> {
    const bytes = await this.#read(userName(userId), fresh);
    return bytes !== null && bytes.length === 1 && bytes[0] === 1;
  }

  /** What is left of a role that `authorize` gave; null: nothing. */
  async roleOf(document: DocumentId, userId: UserId, role: Role, how: Freshness = {}): Promise<Role | null> {
    const [isRevoked, { ceilings }] = await Promise.all([this.isRevoked(userId, how), this.rules(document, how)]);
    if (isRevoked) return null;
    const ceiling = ceilings.get(userId);
    if (ceiling === "none") return null;
    return ceiling ?? role;
  }

  /** AC1: a new access epoch, and the user's ceiling (null lifts it). Without a user only the epoch grows. */
  async change(
    document: DocumentId,
    user: { readonly userId: UserId; readonly ceiling: Ceiling | null } | null,
  ): Promise<{ readonly before: DocumentRules; readonly after: DocumentRules }> {
    for (let tries = 0; tries < accessLimits.triesMax; tries++) {
      const bytes = await this.#read(nameOf(document), true);
      const before = parseRules(bytes);
      const ceilings = new Map(before.ceilings);
      if (user !== null) {
        ceilings.delete(user.userId);
        if (user.ceiling !== null) ceilings.set(user.userId, user.ceiling);
      }
      if (ceilings.size > accessLimits.ceilingsMax) {
        throw new RangeError(
          `A document keeps at most ${accessLimits.ceilingsMax} revoked or limited users. Let \`authorize\` refuse them instead, and lift the oldest with admit().`,
        );
      }
      const after = { accessEpoch: before.accessEpoch + 1, ceilings };
      if (await this.#write(nameOf(document), bytes, encodeRules(after))) return { before, after };
    }
    throw busy();
  }

  /** Resolves with whether it was otherwise before. */
  async setRevoked(userId: UserId, revoked: boolean): Promise<boolean> {
    for (let tries = 0; tries < accessLimits.triesMax; tries++) {
      const bytes = await this.#read(userName(userId), true);
      if ((bytes?.[0] === 1) === revoked) return false;
      if (await this.#write(userName(userId), bytes, Uint8Array.of(revoked ? 1 : 0))) return true;
    }
    throw busy();
  }

  #read(name: string, fresh: boolean): Promise<Uint8Array | null> {
    const now = this.#now();
    const known = this.#kept.get(name);
    const usable = known && !fresh && (!this.#store.shared || elapsedMs(known.atMs, now) < accessLimits.keptMs);
    const kept = usable ? known : { atMs: now, bytes: this.#store.setting(name) };
    this.#keep(name, kept);
    if (!usable) {
      kept.bytes.catch(() => {
        if (this.#kept.get(name) === kept) this.#kept.delete(name);
      });
    }
    return kept.bytes;
  }

  async #write(name: string, before: Uint8Array | null, value: Uint8Array): Promise<boolean> {
    try {
      return (await this.#store.changeSetting(name, before, value)) === "changed";
    } finally {
      this.#kept.delete(name);
    }
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    if (this.#kept.size <= accessLimits.namesMax) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }
}

function nameOf(document: DocumentId): string {
  return `access/${document}`;
}

function userName(userId: UserId): string {
  return `revoked/${userId}`;
}

function encodeRules({ accessEpoch, ceilings }: DocumentRules): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ accessEpoch, ceilings: [...ceilings] }));
}

function parseRules(bytes: Uint8Array | null): DocumentRules {
  if (bytes === null) return unchanged;
  const json = parseJson(bytes, { bytesMax: accessLimits.rulesBytesMax, depthMax: 3 });
  const value: unknown = json.ok ? json.value : null;
  if (typeof value !== "object" || value === null || !("accessEpoch" in value) || !("ceilings" in value))
    throw corrupt();
  const { accessEpoch, ceilings } = value;
  if (typeof accessEpoch !== "number" || !Number.isSafeInteger(accessEpoch) || accessEpoch < 1) throw corrupt();
  if (!Array.isArray(ceilings)) throw corrupt();
  return { accessEpoch, ceilings: new Map(ceilings.map(parseCeiling)) };
}

function parseCeiling(pair: unknown): readonly [string, Ceiling] {
  if (!Array.isArray(pair)) throw corrupt();
  const [userId, ceiling]: readonly unknown[] = pair;
  if (typeof userId !== "string" || (ceiling !== "none" && ceiling !== "reader")) throw corrupt();
  return [userId, ceiling];
}

/** A rule that cannot be read never turns into no rule. */
function corrupt(): StoreError {
  return new StoreError("corrupt", "A document's access rules cannot be read. Restore the store from a backup.");
}

function busy(): StoreError {
  return new StoreError("not-durable", "Access is being changed by others at the same time. Try again.");
}
