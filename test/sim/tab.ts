import { Awareness } from "y-protocols/awareness";
import { Coverage, makeSessionId, Replica, type ReplicaEvent, type Server, type SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { Writer } from "./edits.ts";
import { ed25519 } from "./keys.ts";
import { documentId } from "./names.ts";
import type { SimNetwork } from "./network.ts";
import { oldServer, oldTransport } from "./old-member.ts";
import type { SeededRandom } from "./random.ts";
import type { TabClock } from "./tab-clock.ts";
import { bytesMark, type Trace } from "./trace.ts";
import { varints } from "./varints.ts";

interface TabOptions {
  readonly name: string;
  /** What the certificate calls the user. */
  readonly userName: () => string;
  /** The tab was duplicated: content and client id are this one's. */
  readonly cloneOf?: Tab;
  readonly role: "writer" | "reader";
  readonly protocol: "current" | "old";
  readonly clock: TabClock;
  readonly random: SeededRandom;
  /** The longest that a signature takes. */
  readonly cryptoMs: number;
  readonly trace: Trace;
  readonly network: SimNetwork;
  readonly server: (session: SessionId) => Server;
  /** Told each time the replica shows *saved*, with what the user wrote since the last time. */
  readonly saved: (written: readonly Uint8Array[]) => void;
  /** What is durable now. */
  readonly durable: () => Coverage;
  /** Others built on content that the log does not have: the page goes on with another document. */
  readonly reloaded: (tab: Tab) => void;
  /** Told when a replica does what it must never do. */
  readonly fail: (problem: string) => void;
}

/** One browser tab: a Y.Doc, a shipped `Replica` and a user's hands. It remembers what its user wrote. */
export class Tab {
  readonly name: string;
  readonly role: "writer" | "reader";
  session: SessionId;
  readonly doc: Y.Doc = new Y.Doc();
  readonly awareness: Awareness;
  readonly replica: Replica;
  readonly network: SimNetwork;
  readonly clock: TabClock;
  /** The user's own updates, in order. */
  written: Uint8Array[] = [];
  /** How many broadcasts arrived, by sender and text. */
  readonly heard: Map<string, number> = new Map();
  phase: "open" | "closed" = "open";
  /** What was durable when the link last joined. */
  #owed: Coverage;
  readonly #options: TabOptions;
  readonly #writer: Writer;
  #said = 0;
  #gaps = 0;
  #shownSaved = 0;
  /** The clocks after the last change. */
  #clocks: Map<number, number> = new Map();

  constructor(options: TabOptions) {
    const { name, role, clock, random, trace, network, cryptoMs } = options;
    this.#options = options;
    this.name = name;
    this.role = role;
    this.clock = clock;
    this.network = network;
    this.#owed = options.durable();
    network.onJoined = () => {
      this.#owed = options.durable();
    };
    this.doc.clientID = options.cloneOf?.doc.clientID ?? random.fork("client id").uint32();
    if (options.cloneOf !== undefined) Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(options.cloneOf.doc));
    // Applying one's own structs makes Yjs take another id; a copy of a whole page would keep it.
    if (options.cloneOf !== undefined) this.doc.clientID = options.cloneOf.doc.clientID;
    seedClientIds(this.doc, random.fork("ids of yjs"));
    this.awareness = new Awareness(this.doc);
    this.session = makeSessionId(random.fork("session"));
    this.#writer = new Writer(this.doc, random.fork("hands"), name);
    const server = options.server(this.session);
    const isOld = options.protocol === "old";
    this.replica = new Replica({
      doc: this.doc,
      awareness: this.awareness,
      document: documentId,
      session: this.session,
      origin: "replica",
      emit: (event) => this.#on(event),
      ports: {
        transport: isOld ? oldTransport(network) : network,
        server: isOld ? oldServer(server) : server,
        clock,
        random: random.fork("replica"),
        crypto: ed25519(random.fork("key"), { clock, longestMs: cryptoMs }),
        drops: { drop: (reason) => trace.add(`drop-${reason}`, name) },
      },
    });
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      this.#followMoved(update);
      if (origin === "replica") trace.count("remote-updates");
      // A reader writes nothing, but Yjs may: it removes superfluous formatting by itself.
      else if (role === "writer") this.written.push(update);
    });
    this.doc.on("afterTransaction", () => {
      if (this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null) {
        options.fail(`SY11 ${name} has pending structs or deletes`);
      }
    });
  }

  edit(): void {
    const kind = this.#writer.edit();
    this.#options.trace.add("edit", this.name, `${kind} ${bytesMark(this.written.at(-1) ?? new Uint8Array())}`);
  }

  move(): void {
    const state = { user: { name: this.#options.userName() }, tab: this.name, at: this.#said++ };
    this.awareness.setLocalState(state);
    this.#options.trace.add("presence", this.name, state.at);
  }

  say(): void {
    const text = `${this.name} ${this.#said++}`;
    const result = this.replica.broadcast(Buffer.from(text));
    this.#options.trace.add("broadcast", text, result);
  }

  /** Whether every gap was closed since the last call. */
  gapsClosed(): boolean {
    const before = this.#gaps;
    this.#gaps = this.replica.queues.openGaps;
    return before > 0 && this.#gaps === 0;
  }

  freeze(cut: boolean): void {
    this.clock.freeze();
    if (cut) this.network.break("cut");
  }

  thaw(): void {
    this.clock.thaw();
  }

  /** The user closes the tab, or it crashes: then nothing more runs in it. */
  close(politely: boolean): void {
    this.phase = "closed";
    if (politely) {
      this.replica.flush({ keepalive: true });
      this.replica.destroy();
    } else {
      this.network.break("cut");
      this.clock.freeze();
    }
    this.awareness.destroy();
  }

  /** After the checks: no timer of a world may outlive it. */
  destroy(): void {
    this.phase = "closed";
    this.replica.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  /** DU12: a clock only falls when what lay above it took another id: what was written about that moved with it. */
  #followMoved(update: Uint8Array): void {
    const fallen = [...this.#clocks].flatMap(([client, was]) => {
      const left = Y.getState(this.doc.store, client);
      return left < was ? [{ client, left }] : [];
    });
    this.#clocks = Y.decodeStateVector(Y.encodeStateVector(this.doc));
    if (fallen.length === 0) return;
    this.written = [...this.written.flatMap((own) => stayed(own, fallen)), update];
    this.#shownSaved = 0;
    this.#options.trace.add("moved", this.name);
  }

  #on(event: ReplicaEvent): void {
    const { trace, fail, saved } = this.#options;
    trace.add(`event-${event.type}`, this.name, detail(event));
    switch (event.type) {
      case "session":
        this.session = event.session;
        break;
      case "reload":
        if (event.reason === "client-clash" || event.reason === "never-saved") {
          this.#options.reloaded(this);
          break;
        }
        fail(`${this.name} was told to reload: ${event.reason}`);
        break;
      case "save-state":
        if (event.state === "saved") {
          saved(this.written.slice(this.#shownSaved));
          this.#shownSaved = this.written.length;
        }
        break;
      case "synced": {
        const { structs, deletes } = this.#owed.missingFrom(Coverage.fromSnapshot(Y.snapshot(this.doc)));
        if (event.synced && structs.length + deletes.length > 0)
          fail(`SY3 ${this.name} is synced without the log: ${JSON.stringify({ structs, deletes })}`);
        break;
      }
      case "broadcast": {
        const text = Buffer.from(event.bytes).toString();
        const times = (this.heard.get(text) ?? 0) + 1;
        this.heard.set(text, times);
        if (times > 1) fail(`PR5 ${this.name} heard the broadcast "${text}" ${times} times`);
        break;
      }
      case "status":
      case "link":
      case "saved":
      case "unsynced-changes":
      case "role":
      case "connection-error":
        break;
    }
  }
}

function detail(event: ReplicaEvent): string {
  const { type, ...rest } = event;
  return type === "reload" || type === "broadcast" ? "" : JSON.stringify(rest);
}

/** What of an update speaks of ids that kept their place: all of it, or the deletions below. */
function stayed(
  update: Uint8Array,
  fallen: readonly { readonly client: number; readonly left: number }[],
): Uint8Array[] {
  const { to } = Y.parseUpdateMeta(update);
  const leftOf = new Map(fallen.map(({ client, left }) => [client, left]));
  const deletes = [...Y.decodeUpdate(update).ds.clients].flatMap(([client, ranges]) =>
    ranges.map(({ clock, len }) => ({ client, clock, length: len })),
  );
  const isAbove = ({ client, clock, length }: { client: number; clock: number; length: number }): boolean =>
    clock + length > (leftOf.get(client) ?? Number.POSITIVE_INFINITY);
  const moved = fallen.some(({ client, left }) => (to.get(client) ?? 0) > left);
  if (!moved && !deletes.some(isAbove)) return [update];
  const below = deletes.filter((range) => !isAbove(range));
  return below.length === 0 ? [] : [deletionsUpdate(below)];
}

function deletionsUpdate(deletes: readonly { client: number; clock: number; length: number }[]): Uint8Array {
  const clients = new Set(deletes.map(({ client }) => client));
  const numbers = [...clients].flatMap((client) => {
    const ranges = deletes.filter((range) => range.client === client);
    return [client, ranges.length, ...ranges.flatMap(({ clock, length }) => [clock, length])];
  });
  return varints([0, clients.size, ...numbers]);
}

/** Yjs takes another client id when it meets its own from elsewhere: one that the seed decides. */
function seedClientIds(doc: Y.Doc, random: SeededRandom): void {
  let before = doc.clientID;
  doc.on("beforeTransaction", () => {
    before = doc.clientID;
  });
  doc.on("afterTransactionCleanup", () => {
    if (doc.clientID !== before) doc.clientID = random.uint32();
    before = doc.clientID;
  });
}
