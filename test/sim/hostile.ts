import {
  decodeCertificate,
  decodeFrame,
  encodeFrame,
  encodeUpload,
  innermost,
  type Link,
  liveLimits,
  makeSessionId,
  type PeerFrame,
  type Server,
  ServerFailure,
  type SessionId,
  validateUpdate,
} from "y-webpubsub/core";
import * as Y from "yjs";
import type { VirtualClock } from "./clock.ts";
import { documentId, generation, groups } from "./names.ts";
import type { SimNetwork } from "./network.ts";
import type { SeededRandom } from "./random.ts";
import type { Trace } from "./trace.ts";
import { varints } from "./varints.ts";

interface HostileOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly network: SimNetwork;
  readonly server: (session: SessionId) => Server;
  /** Whether nothing but signatures is believed: then the hostile one may also try to upload in others' names. */
  readonly signed: boolean;
  readonly fail: (problem: string) => void;
}

/** A writer with a good ticket and bad intentions. It never does what an honest member may do: nobody may take anything of it. */
export class Hostile {
  readonly #options: HostileOptions;
  readonly #session: SessionId;
  readonly #clients: Set<number> = new Set();
  /** Of these the server knows whose they are. */
  readonly #claimed: Set<number> = new Set();
  /** The clock at which each of them will write next, as far as it was heard. */
  readonly #next: Map<number, number> = new Map();
  readonly #sessionOf: Map<number, SessionId> = new Map();
  readonly #sessions: Set<SessionId> = new Set();
  #link: Link | undefined;
  #counter = 1_000;
  #uploads = 0;

  constructor(options: HostileOptions) {
    this.#options = options;
    this.#session = makeSessionId(options.random.fork("session"));
  }

  start(untilMs: number): void {
    void this.#enter();
    this.#act(untilMs);
  }

  stop(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  async #enter(): Promise<void> {
    const { server, network } = this.#options;
    const card = { session: this.#session, clientIds: [], generation: null };
    try {
      const ticket = await server(this.#session).negotiate(documentId, card, new AbortController().signal);
      this.#link = network.open(
        () => Promise.resolve(ticket.url),
        (event) => {
          if (event.type === "received") this.#listen(event.bytes);
        },
      );
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
    }
  }

  /** Learns whom to hurt. */
  #listen(bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok || decoded.value.kind === "server") return;
    const frame = innermost(decoded.value);
    this.#sessions.add(frame.session);
    const read = frame.kind === "edit" ? validateUpdate(frame.update, liveLimits) : null;
    for (const { client, clock, length } of read?.ok === true ? read.summary.structs : []) {
      this.#next.set(client, clock + length);
    }
    if (frame.kind === "hello" || frame.kind === "card")
      for (const client of frame.clientIds) this.#clients.add(client);
    const card = frame.kind === "card" ? decodeCertificate(frame.certificate) : null;
    if (card?.ok !== true || card.value.certificate.role !== "writer") return;
    for (const client of card.value.certificate.clients) {
      this.#claimed.add(client);
      this.#sessionOf.set(client, frame.session);
    }
  }

  #act(untilMs: number): void {
    const { clock, random } = this.#options;
    clock.after(random.around(700), () => {
      if (clock.now() >= untilMs) return this.stop();
      if (this.#link !== undefined && this.#clients.size > 0) this.#attack();
      this.#act(untilMs);
    });
  }

  #attack(): void {
    const { random, trace, signed } = this.#options;
    const victim = random.pick([...this.#clients]);
    const session = this.#sessionOf.get(victim) ?? random.pick([...this.#sessions]);
    const clock = random.chance(0.7) ? (this.#next.get(victim) ?? 0) : random.int(0, 400);
    const attacks = {
      "clock-theft": () => this.#publish(this.#edit(theft(victim, clock))),
      "future-delete": () => this.#publish(this.#edit(futureDelete(victim))),
      "forged-presence": () =>
        this.#publish({ kind: "presence", session: this.#session, clientIds: [victim], awareness: presence(victim) }),
      "foreign-bye": () => this.#publish({ kind: "bye", session }),
      "foreign-edit": () => this.#publish({ ...this.#edit(theft(victim, 0)), session }),
      "forged-signed-presence": () =>
        this.#forge({ kind: "presence", session, clientIds: [], awareness: presence(victim) }),
      "forged-signature": () => this.#forge({ ...this.#edit(theft(victim, clock)), session }),
      nonsense: () => this.#publish(this.#edit(random.bytes(40))),
      upload: () => (signed ? this.#steal() : undefined),
    };
    const name = random.pick(Object.keys(attacks) as (keyof typeof attacks)[]);
    trace.add("hostile", name, victim);
    attacks[name]();
  }

  #edit(update: Uint8Array): Extract<PeerFrame, { readonly kind: "edit" }> {
    this.#counter++;
    const awareness = new Uint8Array(0);
    return { kind: "edit", session: this.#session, seqFrom: this.#counter, seqTo: this.#counter, update, awareness };
  }

  #forge(inner: PeerFrame): void {
    this.#counter++;
    const signature = this.#options.random.bytes(64);
    const group = inner.kind === "edit" ? "data" : "presence";
    this.#send(group, encodeFrame({ kind: "signed", counter: this.#counter, inner, signature }));
  }

  #publish(frame: PeerFrame): void {
    this.#send(frame.kind === "edit" ? "data" : "presence", encodeFrame(frame));
  }

  #send(group: "data" | "presence", bytes: Uint8Array): void {
    this.#link?.publish(groups[group], bytes, false);
  }

  #steal(): void {
    const victims = [...this.#claimed];
    if (victims.length === 0) return;
    const victim = this.#options.random.pick(victims);
    // Longer than all that is known: what is known already anybody may repeat.
    void this.#upload(theft(victim, this.#next.get(victim) ?? 0, 1_000_000));
  }

  /** DU8: an adoption without its author's signature. */
  async #upload(update: Uint8Array): Promise<void> {
    const { server, fail } = this.#options;
    const batch = {
      session: this.#session,
      upload: ++this.#uploads,
      seqTo: 0,
      announce: false,
      adoption: true,
      update,
    };
    encodeUpload(batch);
    try {
      await server(this.#session).upload(
        documentId,
        generation,
        batch,
        { keepalive: false },
        new AbortController().signal,
      );
      fail(`DU8 the server took a stranger's edits in the name of ${Y.decodeUpdate(update).structs[0]?.id.client}`);
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
    }
  }
}

/** Garbage at a place where somebody else will write. */
function theft(client: number, clock: number, length = 3): Uint8Array {
  return varints([1, 1, client, clock, 0, length, 0]);
}

function futureDelete(client: number): Uint8Array {
  return varints([0, 1, client, 1, 1_000_000, 50]);
}

function presence(client: number): Uint8Array {
  const text = Buffer.from(JSON.stringify({ name: "not me" }));
  return Uint8Array.from([...varints([1, client, 900, text.length]), ...text]);
}
