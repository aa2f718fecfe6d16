import {
  type DocumentMode,
  encodeFrame,
  type IdentityMode,
  type NoticeContent,
  noticeSigningBytes,
  type Role,
  type Server,
  type SessionId,
  senderName,
  type UserId,
} from "y-webpubsub/core";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import { answersOf, type Caller } from "./backend.ts";
import type { VirtualClock } from "./clock.ts";
import type { SimDisk } from "./disk.ts";
import { DiskTable } from "./disk-table.ts";
import { FaultyHttp } from "./http.ts";
import { signBytes } from "./keys.ts";
import { accessEpoch, documentId, generation, groupsAt } from "./names.ts";
import type { HttpFaults } from "./plan.ts";
import type { SeededRandom } from "./random.ts";
import { epochMs, ServerProcess } from "./server-process.ts";
import type { SimService } from "./service.ts";
import type { TabClock } from "./tab-clock.ts";
import type { Trace } from "./trace.ts";

/** AC2. */
const graceMs = 7_500;

interface ServersOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly service: SimService;
  readonly disk: SimDisk;
  readonly count: number;
  readonly identity: IdentityMode;
  readonly mode: DocumentMode;
  readonly faults: () => HttpFaults;
  readonly fail: (problem: string) => void;
}

interface Database {
  readonly table: DiskTable;
  readonly store: MemoryStore;
}

interface ClientOptions {
  readonly name: string;
  readonly session: SessionId;
  readonly role: Role;
  /** Who is signed in when a request is answered. */
  readonly userId: () => string;
  readonly tab: TabClock;
  readonly random: SeededRandom;
  readonly reachable: () => boolean;
}

/** The servers: processes with the shipped log, receipts and compaction over one disk. They die and start again. */
export class SimServers {
  readonly #options: ServersOptions;
  readonly #processes: (ServerProcess | undefined)[];
  #database: Database | undefined;
  #notices = 0;
  #accessEpoch = accessEpoch;
  #opened = 0;

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#processes = Array.from({ length: options.count }, () => undefined);
    this.start("all");
  }

  kill(which: number | "all"): void {
    for (const index of this.#indexes(which)) {
      const process = this.#processes[index];
      if (process === undefined) continue;
      this.#options.trace.add("server-killed", String(index));
      process.die();
      this.#processes[index] = undefined;
    }
    // One server has its store within; several share a database, which dies with the disk only.
    if (which !== "all" && this.#options.count > 1) return;
    this.#database?.table.kill();
    this.#database = undefined;
  }

  start(which: number | "all"): void {
    this.#database ??= this.#openDatabase();
    const { clock, random, trace, fail, identity } = this.#options;
    for (const index of this.#indexes(which)) {
      this.#processes[index] ??= new ServerProcess({
        clock,
        random,
        trace,
        fail,
        identity,
        store: this.#database.store,
      });
    }
  }

  /** Never rejects: a compaction may fail, and then the log is whole. */
  compact(index: number): Promise<void> {
    return this.#processes[index]?.documents.compact(documentId) ?? Promise.resolve();
  }

  client(options: ClientOptions): Server {
    const { clock, trace, faults } = this.#options;
    const { name, session, role, tab, random, reachable } = options;
    const caller = (): Caller => ({ session, role, userId: options.userId() as UserId });
    return new FaultyHttp({
      ...{ name, clock, tab, random, trace, faults, reachable },
      route: () => this.#route(caller(), random),
    });
  }

  #route(caller: Caller, random: SeededRandom) {
    const up = this.#processes.filter((process) => process !== undefined);
    if (up.length === 0) return undefined;
    const process = random.pick(up);
    const { disk, fail, service, trace } = this.#options;
    const { clock, identity, mode } = this.#options;
    const backend = answersOf(process.documents, caller, {
      identity,
      nowMs: () => clock.now() + epochMs,
      accessEpoch: () => this.#accessEpoch,
      clientUrl: (session, roles, groups) =>
        service.clientUrl({ userId: senderName(session, caller.userId), roles, groups }),
      mode,
      tell: (told) => this.#publish(process, told),
      refused: ({ outcome, ...why }) => {
        trace.add(`refused-${outcome}`, caller.session, JSON.stringify(why));
        if (outcome === "upload-conflict") fail(`DU2 ${caller.userId} used an upload number for two uploads`);
        if (outcome === "update-invalid") fail(`DU3 ${caller.userId} uploaded what is invalid`);
      },
      receipted: (key) => {
        trace.add("receipt", key);
        if (!disk.holds(key)) fail(`DU3 a receipt was given for ${key}, which is not durable`);
      },
    });
    return { backend, died: process.died };
  }

  /** AC1, AC2: the groups have other names from now on. The room is told, and who has not left is put out after a while. */
  changeAccess(): void {
    const { service, clock, trace } = this.#options;
    const old = groupsAt(this.#accessEpoch);
    this.#tell({ type: "renegotiate" });
    this.#accessEpoch += 1;
    trace.add("access-changed", String(this.#accessEpoch));
    clock.after(graceMs, () => service.closeGroup(old.presence));
  }

  /** AU3: a server may die between append and publish. */
  #publish(process: ServerProcess, told: NoticeContent): void {
    const { mode, clock, random, trace } = this.#options;
    const publish = (): void => {
      if (!this.#processes.includes(process)) trace.add("died-before-publish", told.type);
      else if (this.#tell(told)) trace.add("announced", told.type === "stored" ? told.cursor : told.type);
    };
    if (mode === "direct") publish();
    else clock.after(random.chance(0.1) ? random.int(40, 2_000) : random.int(0, 40), publish);
  }

  #tell(content: NoticeContent): boolean {
    const group = groupsAt(this.#accessEpoch).data;
    const words = { group, generation, accessEpoch: this.#accessEpoch, counter: ++this.#notices, notice: content };
    const frame = encodeFrame({ kind: "server", ...words, signature: signBytes(noticeSigningBytes(words)) });
    return this.#options.service.publish(group, frame);
  }

  #openDatabase(): Database {
    const { clock, random, trace, disk, count } = this.#options;
    const table = new DiskTable({ name: `disk ${this.#opened++}`, clock, random, trace, disk });
    const store = new MemoryStore({ shared: count > 1, now: () => clock.now() + epochMs, table });
    void store.open();
    return { table, store };
  }

  #indexes(which: number | "all"): readonly number[] {
    return which === "all" ? this.#processes.map((_, index) => index) : [which];
  }
}
