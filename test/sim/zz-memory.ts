import { type Claim, type Cursor, type SnapshotRef, sha256 } from "y-webpubsub/core";
import type { DocumentStore, SessionRow, SnapshotInfo, StoredDocument, StoredEntry } from "y-webpubsub-server/core";

const hex = (b: Uint8Array) => Buffer.from(b).toString("hex");
export class MemoryStore implements DocumentStore {
  readonly shared = false;
  n = 0;
  snaps: { info: SnapshotInfo; payload: Uint8Array }[] = [];
  cur: SnapshotRef | null = null;
  entries: StoredEntry[] = [];
  claims = new Map<number, string>();
  rows = new Map<string, SessionRow>();
  head = "" as Cursor;
  removedUpTo = "" as Cursor;
  async open() {}
  async close() {}
  snap() {
    return this.snaps.find((s) => s.info.ref === this.cur) ?? null;
  }
  async load(): Promise<StoredDocument | null> {
    if (this.head === "" && this.claims.size === 0) return null;
    return {
      generation: 1,
      head: this.head,
      snapshot: this.snap()?.info ?? null,
      entries: [...this.entries],
      claims: this.allClaims(),
      sessions: [...this.rows.values()],
    };
  }
  allClaims(): Claim[] {
    return [...this.claims].map(([client, userId]) => ({ client, userId }) as Claim);
  }
  async entriesAfter(_d: unknown, after: Cursor, bounds: { entriesMax: number; bytesMax: number }) {
    const base = this.snap()?.info.cursor ?? "";
    if (after < base || (after !== "" && after > this.head)) return { outcome: "gone" } as const;
    const all = this.entries.filter((e) => e.cursor > after);
    const some: StoredEntry[] = [];
    let bytes = 0;
    for (const e of all) {
      if (some.length >= bounds.entriesMax || (some.length > 0 && bytes + e.update.length > bounds.bytesMax)) break;
      some.push(e);
      bytes += e.update.length;
    }
    return {
      outcome: "entries",
      generation: 1,
      head: this.head,
      more: some.length < all.length,
      entries: some,
    } as const;
  }
  async append(_d: unknown, _g: number, e: any) {
    const row = this.rows.get(e.session);
    if (row && row.upload === e.upload)
      return hex(row.hash) === hex(e.hash)
        ? ({ outcome: "duplicate", cursor: row.cursor, seqTo: row.seqTo } as const)
        : ({ outcome: "conflict" } as const);
    if (row && row.upload > e.upload) return { outcome: "stale" } as const;
    const cursor = String(++this.n).padStart(8, "0") as Cursor;
    const entry = { ...e, cursor };
    this.entries.push(entry);
    this.rows.set(e.session, entry);
    this.head = cursor;
    for (const o of e.owners) if (!this.claims.has(o.client)) this.claims.set(o.client, o.userId);
    return { outcome: "stored", cursor } as const;
  }
  async claim(_d: unknown, claims: readonly Claim[]) {
    for (const c of claims) if (!this.claims.has(c.client)) this.claims.set(c.client, c.userId);
    return claims.map((c) => ({ client: c.client, userId: this.claims.get(c.client) }) as Claim);
  }
  async payload(_d: unknown, ref: SnapshotRef) {
    return this.snaps.find((s) => s.info.ref === ref) ?? null;
  }
  async compact(_d: unknown, base: SnapshotRef | null, s: any, folded: readonly Cursor[]) {
    if (base !== this.cur) return "conflict" as const;
    const { payload, ...info } = s;
    const ref = (hex(sha256(payload)).slice(0, 12) + this.snaps.length) as SnapshotRef;
    this.snaps.push({ info: { ...info, ref, payloadBytes: payload.length }, payload });
    this.cur = ref;
    this.entries = this.entries.filter((e) => !folded.includes(e.cursor));
    return "installed" as const;
  }
  async quarantine() {}
  async quarantined() {
    return [];
  }
  secrets = new Map<string, Uint8Array>();
  async secret(n: string, make: () => Uint8Array) {
    const v = this.secrets.get(n) ?? make();
    this.secrets.set(n, v);
    return v;
  }
}
