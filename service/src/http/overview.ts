import type { Hub } from "../core/hub.ts";
import type { Meter } from "./meter.ts";

/** What the live page shows at one moment. Lists are cut; the counts are whole. */
export interface Overview {
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly groups: number;
  readonly perSecond: Rates;
  readonly totals: {
    readonly messagesIn: number;
    readonly messagesOut: number;
    readonly unitsSummed: number;
    readonly unitsRounded: number;
    readonly acks: number;
    readonly recoveries: number;
    readonly slowClients: number;
  };
  readonly faultRules: number;
  readonly hubs: readonly HubOverview[];
}

interface Rates {
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly unitsSummed: number;
  readonly unitsRounded: number;
}

interface HubOverview {
  readonly name: string;
  readonly connectionCount: number;
  readonly groupCount: number;
  readonly connections: readonly {
    readonly id: string;
    readonly userId?: string;
    readonly subprotocol: string;
    readonly groups: number;
    readonly unacked?: number;
    readonly phase: "open" | "away";
  }[];
  readonly groups: readonly { readonly name: string; readonly size: number; readonly members: readonly string[] }[];
}

/** A second viewer that opens between two ticks must not cut the interval of the first. */
const ratesEveryMs = 250;
const hubsMax = 20;
const connectionsMax = 100;
const groupsMax = 100;
const membersMax = 20;

/** Turns counters into rates: a look compares with one before. */
export class Overviews {
  readonly #meter: Meter;
  readonly #hubs: () => Iterable<Hub>;
  readonly #faultRules: () => number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #before: Counted;
  #perSecond: Rates;

  constructor(options: {
    readonly meter: Meter;
    readonly hubs: () => Iterable<Hub>;
    readonly faultRules: () => number;
    /** Milliseconds on a line that never runs backwards. */
    readonly now: () => number;
  }) {
    this.#meter = options.meter;
    this.#hubs = options.hubs;
    this.#faultRules = options.faultRules;
    this.#now = options.now;
    this.#startedAt = options.now();
    this.#before = counted(options.meter, this.#startedAt);
    this.#perSecond = rates(this.#before, this.#before);
  }

  look(): Overview {
    const hubs = [...this.#hubs()];
    const now = counted(this.#meter, this.#now());
    if (now.at - this.#before.at >= ratesEveryMs) {
      this.#perSecond = rates(this.#before, now);
      this.#before = now;
    }
    const { acks, recoveries, slowClients } = this.#meter;
    return {
      uptimeSeconds: Math.floor((now.at - this.#startedAt) / 1_000),
      connections: sum(hubs, (hub) => hub.connections.size),
      groups: sum(hubs, (hub) => hub.groups.size),
      perSecond: this.#perSecond,
      totals: {
        messagesIn: now.messagesIn,
        messagesOut: now.messagesOut,
        unitsSummed: round(now.unitsSummed),
        unitsRounded: now.unitsRounded,
        acks,
        recoveries,
        slowClients,
      },
      faultRules: this.#faultRules(),
      hubs: hubs.slice(0, hubsMax).map(overviewOf),
    };
  }
}

/** The counters themselves, at one moment. */
interface Counted extends Rates {
  readonly at: number;
}

function rates(before: Counted, now: Counted): Rates {
  const seconds = Math.max(0.001, (now.at - before.at) / 1_000);
  const rate = (name: keyof Rates) => round((now[name] - before[name]) / seconds);
  return {
    messagesIn: rate("messagesIn"),
    messagesOut: rate("messagesOut"),
    bytesIn: rate("bytesIn"),
    bytesOut: rate("bytesOut"),
    unitsSummed: rate("unitsSummed"),
    unitsRounded: rate("unitsRounded"),
  };
}

function counted(meter: Meter, at: number): Counted {
  const { messagesIn, messagesOut, bytesIn, bytesOut, unitsSummed, unitsRounded } = meter;
  return { at, messagesIn, messagesOut, bytesIn, bytesOut, unitsSummed, unitsRounded };
}

function overviewOf(hub: Hub): HubOverview {
  return {
    name: hub.name,
    connectionCount: hub.connections.size,
    groupCount: hub.groups.size,
    connections: first(hub.connections.values(), connectionsMax).map(({ identity, memberships, session, state }) => ({
      id: identity.id,
      ...(identity.userId === undefined ? {} : { userId: identity.userId }),
      subprotocol: identity.codec.subprotocol,
      groups: memberships.size,
      ...(session === undefined ? {} : { unacked: session.unacked }),
      phase: state.phase === "open" ? "open" : "away",
    })),
    groups: first(hub.groups.all(), groupsMax).map(({ name, members }) => ({
      name,
      size: members.length,
      members: members.slice(0, membersMax).map(({ identity }) => identity.userId ?? identity.id),
    })),
  };
}

function first<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= count) break;
    taken.push(item);
  }
  return taken;
}

export function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
