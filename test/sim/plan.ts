import type { DocumentMode, IdentityMode } from "y-webpubsub/core";
import type { Break } from "./network.ts";
import { SeededRandom } from "./random.ts";
import type { Subprotocol } from "./service.ts";
import type { LineFaults } from "./wire.ts";

/** Chances for each HTTP request, and the delay of each way. */
export interface HttpFaults {
  readonly lostRequest: number;
  readonly lostReply: number;
  readonly unavailable: number;
  readonly throttled: number;
  readonly delayMs: number;
}

/** What goes wrong in a world, at which moment (virtual ms), for how long. `client` and `server` are indexes. */
export type Fault = { readonly at: number } & (
  | { readonly kind: "break"; readonly client: number; readonly how: Break }
  | {
      readonly kind: "partition";
      readonly client: number;
      readonly which: "up" | "down" | "both";
      readonly forMs: number;
    }
  | { readonly kind: "offline"; readonly client: number; readonly forMs: number }
  | { readonly kind: "freeze"; readonly client: number; readonly cut: boolean; readonly forMs: number }
  | { readonly kind: "disconnect"; readonly client: number; readonly forMs: number }
  | { readonly kind: "hide"; readonly client: number }
  | { readonly kind: "clone-tab"; readonly client: number }
  | { readonly kind: "close-tab"; readonly client: number; readonly politely: boolean; readonly forMs: number }
  | { readonly kind: "service-down"; readonly forMs: number }
  | { readonly kind: "server-down"; readonly server: number; readonly forMs: number }
  | { readonly kind: "disk-crash"; readonly when: "before-write" | "after-write"; readonly forMs: number }
  | { readonly kind: "disk-full"; readonly forMs: number }
  | { readonly kind: "compact"; readonly server: number }
  | { readonly kind: "access-change" }
  | { readonly kind: "new-account"; readonly client: number; readonly forMs: number }
);

export interface Plan {
  readonly writers: number;
  readonly readers: number;
  readonly servers: number;
  readonly subprotocol: Subprotocol;
  readonly activityMs: number;
  /** Mean pause between two edits of one writer. */
  readonly pauseMs: number;
  readonly line: LineFaults;
  readonly http: HttpFaults;
  readonly faults: readonly Fault[];
  /** ID8: whether members believe the service's stamp or signatures. */
  readonly identity: IdentityMode;
  /** False: the service does not say who sends, as with its protobuf subprotocols; only signatures are left. */
  readonly namesSenders: boolean;
  /** AU1: who publishes what was written. */
  readonly mode: DocumentMode;
  /** A writer who attacks the others. */
  readonly hostile: boolean;
  /** Each signature, and each check of one, takes up to so long, and the later may be done first; 0: none takes any time. */
  readonly cryptoMs: number;
  /** SY14: which writer, by index, speaks the protocol before cards; null: nobody. */
  readonly oldWriter: number | null;
}

/** From this seed on, people duplicate their tabs in every world; below, seldom. */
export const tabWorldsFrom = 1_000_000;
/** From this seed on, signatures take their time, as in a browser; below, none. In every other world tabs are duplicated. */
export const slowWorldsFrom = 2_000_000;

/** From this seed on, people sign in as somebody else under an open page; in every other world they duplicate tabs as well. */
export const accountWorldsFrom = 3_000_000;

export function planOf(seed: number): Plan {
  const random = new SeededRandom(`plan ${seed}`);
  const plan = drawPlan(random);
  if (seed < tabWorldsFrom) return plan;
  if (seed < slowWorldsFrom) return withClones(plan, random);
  if (seed >= accountWorldsFrom) return withNewAccounts(seed % 2 === 0 ? plan : withClones(plan, random), random);
  const slow = { ...plan, cryptoMs: random.chance(0.3) ? 3_000 : 100 };
  return seed % 2 === 0 ? slow : withClones(slow, random);
}

/**
 * DU12: the same world with duplicated tabs. Nobody only reads: edits that readers alone hold are not rescued. Nothing is
 * signed: a copy of others' unsigned edits can be saved by nobody then (docs/reliability.md).
 */
function withClones(plan: Plan, random: SeededRandom): Plan {
  const clones = Array.from({ length: random.int(1, 3) }, (): Fault => {
    return { at: random.int(300, plan.activityMs), kind: "clone-tab", client: random.int(0, plan.writers - 1) };
  });
  const kept = plan.faults.filter((fault) => !("client" in fault) || fault.client < plan.writers);
  const faults = [...kept, ...clones].sort((a, b) => a.at - b.at);
  return { ...plan, readers: 0, identity: "stamped", namesSenders: true, faults };
}

/** ID11. Nobody only reads, as with duplicated tabs. */
function withNewAccounts(plan: Plan, random: SeededRandom): Plan {
  const { writers, activityMs } = plan;
  const logins = Array.from({ length: random.int(1, 3) }, (): Fault => {
    const client = random.int(0, writers - 1);
    return { at: random.int(300, activityMs), kind: "new-account", client, forMs: random.int(0, 3_000) };
  });
  const kept = plan.faults.filter((fault) => !("client" in fault) || fault.client < writers);
  return { ...plan, readers: 0, faults: [...kept, ...logins].sort((a, b) => a.at - b.at) };
}

/** Each kind of fault is in some worlds and not in others, so that a failure has few suspects. */
function drawPlan(random: SeededRandom): Plan {
  const writers = random.int(2, random.chance(0.2) ? 5 : 3);
  const readers = random.chance(0.3) ? 1 : 0;
  const servers = random.int(1, 2);
  const activityMs = random.int(12_000, 32_000);
  const sometimes = (share: number, most: number) => (random.chance(share) ? random.next() * most : 0);
  const hasServerFaults = random.chance(0.6);
  const plan: Omit<Plan, "namesSenders" | "mode" | "oldWriter" | "cryptoMs"> = {
    writers,
    readers,
    servers,
    subprotocol: random.chance(0.6) ? "json-reliable" : "json",
    activityMs,
    pauseMs: random.int(400, 2_500),
    line: {
      loss: sometimes(0.45, 0.3),
      duplicate: sometimes(0.4, 0.3),
      reorder: sometimes(0.4, 0.3),
      delayMs: sometimes(0.8, random.chance(0.2) ? 400 : 60),
    },
    http: {
      lostRequest: hasServerFaults ? sometimes(0.5, 0.3) : 0,
      lostReply: hasServerFaults ? sometimes(0.6, 0.4) : 0,
      unavailable: hasServerFaults ? sometimes(0.4, 0.3) : 0,
      throttled: hasServerFaults ? sometimes(0.3, 0.2) : 0,
      delayMs: sometimes(0.8, random.chance(0.2) ? 600 : 80),
    },
    faults: drawFaults(random, { writers, readers, servers, activityMs }),
    identity: random.chance(0.2) ? "signed" : "stamped",
    hostile: random.chance(0.25),
  };
  // Drawn last, so that worlds of before stay what they were. The attacker knows the groups of the beginning only.
  const accessChanges = plan.hostile ? [] : drawAccessChanges(random, activityMs);
  const namesSenders = plan.identity === "stamped" || activityMs % 2 === 0;
  const mode = activityMs % 6 === 1 ? "authoritative" : "direct";
  // Without cards whoever names a reader's id first has it: what that protocol cannot do against an attacker.
  const mayBeOld = plan.identity === "stamped" && !plan.hostile && mode === "direct" && activityMs % 8 === 5;
  const oldWriter = mayBeOld ? activityMs % writers : null;
  return { ...plan, namesSenders, mode, oldWriter, cryptoMs: 0, faults: [...plan.faults, ...accessChanges] };
}

function drawAccessChanges(random: SeededRandom, activityMs: number): readonly Fault[] {
  if (!random.chance(0.25)) return [];
  const count = random.int(1, 3);
  return Array.from({ length: count }, () => ({ at: random.int(300, activityMs), kind: "access-change" }));
}

interface Size {
  readonly writers: number;
  readonly readers: number;
  readonly servers: number;
  readonly activityMs: number;
}

function drawFaults(random: SeededRandom, size: Size): readonly Fault[] {
  const faults: Fault[] = [];
  const at = () => random.int(300, size.activityMs);
  const client = () => random.int(0, size.writers + size.readers - 1);
  const server = () => random.int(0, size.servers - 1);
  const forMs = (most: number) => random.int(200, most);
  const some = (share: number, most: number, draw: () => Fault) => {
    if (!random.chance(share)) return;
    for (let left = random.int(1, most); left > 0; left--) faults.push(draw());
  };
  some(0.5, 3, () => ({
    ...{ at: at(), kind: "break", client: client() },
    how: random.pick(["cut", "refused", "half-open"] as const),
  }));
  some(0.3, 2, () => ({
    ...{ at: at(), kind: "partition", client: client(), forMs: forMs(9_000) },
    which: random.pick(["up", "down", "both"] as const),
  }));
  some(0.25, 2, () => ({ at: at(), kind: "offline", client: client(), forMs: forMs(15_000) }));
  some(0.3, 2, () => ({
    ...{ at: at(), kind: "freeze", client: client(), cut: random.chance(0.5) },
    forMs: forMs(random.chance(0.2) ? 60_000 : 12_000),
  }));
  some(0.25, 2, () => ({ at: at(), kind: "disconnect", client: client(), forMs: forMs(8_000) }));
  some(0.25, 2, () => ({ at: at(), kind: "hide", client: client() }));
  // Edits that only readers hold are not rescued: their authors stay.
  some(size.readers === 0 ? 0.3 : 0, 2, () => ({
    ...{ at: at(), kind: "close-tab", client: client(), politely: random.chance(0.5) },
    forMs: forMs(4_000),
  }));
  some(0.25, 2, () => ({ at: at(), kind: "service-down", forMs: forMs(12_000) }));
  some(0.3, 2, () => ({ at: at(), kind: "server-down", server: server(), forMs: forMs(10_000) }));
  some(0.3, 3, () => ({
    ...{ at: at(), kind: "disk-crash", forMs: forMs(4_000) },
    when: random.pick(["before-write", "after-write"] as const),
  }));
  some(0.2, 1, () => ({ at: at(), kind: "disk-full", forMs: forMs(6_000) }));
  some(0.6, 4, () => ({ at: at(), kind: "compact", server: server() }));
  // Last, so that the worlds of before stay what they were.
  some(size.readers === 0 ? 0.1 : 0, 1, () => ({ at: at(), kind: "clone-tab", client: client() }));
  return faults.sort((a, b) => a.at - b.at);
}
