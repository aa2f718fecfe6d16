import { unreachable } from "./assert.ts";
import { type Direction, type Fault, type FaultRule, readFaultRule } from "./fault-rule.ts";
import type { Cancel } from "./ports.ts";

export type FaultErrorCode = "bad-rule" | "too-many-rules";

/** A rule that cannot be taken; the message says what to change. */
export class FaultError extends Error {
  readonly code: FaultErrorCode;

  constructor(code: FaultErrorCode, message: string) {
    super(message);
    this.name = "FaultError";
    this.code = code;
  }
}

/** One frame on its way, as far as rules can tell frames apart. */
export interface Subject {
  readonly hub: string;
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly direction: Direction;
  /** Asked for only when a rule names a group: finding out means decoding. */
  readonly group: () => string | undefined;
}

/** What becomes of one frame. `holders` are the ids of the rules that hold it back. */
export type Fate =
  | { readonly type: "lost" }
  | { readonly type: "cut" }
  | {
      readonly type: "comes";
      readonly copies: number;
      readonly inOrderMs: number;
      readonly anyOrderMs: number;
      readonly bytesPerSecond: number | undefined;
      readonly holders: readonly number[];
    };

/** A rule in force, and how often it has matched. */
export interface Held {
  readonly id: number;
  readonly rule: FaultRule;
  readonly matched: number;
}

const rulesMax = 100;

/**
 * The faults in force, in the order they were added: a test or a person adds rules, transports ask what becomes of each
 * frame. Pure: chance comes from a seed, so the same frames meet the same fate again.
 */
export class Faults {
  #held: { id: number; rule: FaultRule; matched: number }[] = [];
  #nextId = 1;
  #random: () => number;
  readonly #removed: Set<(id: number) => void> = new Set();

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  /** False while no rule is set: then nobody needs to ask. */
  get active(): boolean {
    return this.#held.length > 0;
  }

  get rules(): readonly Held[] {
    return this.#held.map((held) => ({ ...held }));
  }

  /** Starts the chances anew. */
  reseed(seed: number): void {
    this.#random = mulberry32(seed);
  }

  /** The answer takes the rule away again, and with it lets go what the rule held back. Throws `FaultError`. */
  add(rule: FaultRule): Cancel {
    const { id } = this.put(rule);
    return () => void this.remove(id);
  }

  /** As `add`, for those who need a name for the rule. Throws `FaultError`. */
  put(value: unknown): Held {
    const rule = readFaultRule(value);
    if (typeof rule === "string") throw new FaultError("bad-rule", rule);
    if (this.#held.length >= rulesMax) {
      throw new FaultError("too-many-rules", `${rulesMax} fault rules are in force. Remove some first.`);
    }
    const held = { id: this.#nextId++, rule, matched: 0 };
    this.#held.push(held);
    return { ...held };
  }

  /** False if the rule is not in force. A rule that has used up its `times` may still hold frames: it lets them go too. */
  remove(id: number): boolean {
    const inForce = this.#held.some((held) => held.id === id);
    this.#held = this.#held.filter((held) => held.id !== id);
    for (const tell of [...this.#removed]) tell(id);
    return inForce;
  }

  clear(): void {
    for (const { id } of [...this.#held]) this.remove(id);
  }

  /** Called with the id of each rule that is taken away. */
  onRemoved(tell: (id: number) => void): Cancel {
    this.#removed.add(tell);
    return () => void this.#removed.delete(tell);
  }

  /** What becomes of a frame. Rules add up; the first loss or cut decides. */
  fate(subject: Subject): Fate {
    let copies = 1;
    let inOrderMs = 0;
    let anyOrderMs = 0;
    let bytesPerSecond: number | undefined;
    const holders: number[] = [];
    for (const held of [...this.#held]) {
      const { fault } = held.rule;
      if (!touchesFrames(fault, subject.direction) || !this.#matches(held, subject)) continue;
      switch (fault.type) {
        case "drop":
          return { type: "lost" };
        case "cut":
          return { type: "cut" };
        case "duplicate":
          copies += 1;
          break;
        case "delay":
          inOrderMs += fault.delayMs;
          holders.push(held.id);
          break;
        case "reorder":
          anyOrderMs += fault.spanMs * this.#random();
          holders.push(held.id);
          break;
        case "slow":
          bytesPerSecond = Math.min(bytesPerSecond ?? Number.POSITIVE_INFINITY, fault.bytesPerSecond);
          holders.push(held.id);
          break;
        case "refuse-recovery":
        case "refuse-call":
          break;
        default:
          throw unreachable(fault);
      }
    }
    return { type: "comes", copies, inOrderMs, anyOrderMs, bytesPerSecond, holders };
  }

  refusesRecovery(hub: string, connectionId: string, userId: string | undefined): boolean {
    const subject: Subject = { hub, connectionId, userId, direction: "in", group: () => undefined };
    return this.#held.some((held) => held.rule.fault.type === "refuse-recovery" && this.#matches(held, subject));
  }

  /** How a REST call is to be refused, if it is. `path` without its query. */
  refusesCall(path: string): Extract<Fault, { type: "refuse-call" }> | undefined {
    const hub = /^\/api\/hubs\/([^/]+)/i.exec(path)?.[1] ?? "";
    for (const held of this.#held) {
      const { fault, hub: wanted, path: part } = held.rule;
      if (fault.type !== "refuse-call") continue;
      if (wanted !== undefined && wanted.toLowerCase() !== hub.toLowerCase()) continue;
      if (part !== undefined && !path.includes(part)) continue;
      if (this.#counts(held)) return fault;
    }
    return undefined;
  }

  #matches(held: { rule: FaultRule; matched: number; id: number }, subject: Subject): boolean {
    const { hub, connectionId, userId, direction, group } = held.rule;
    if (hub !== undefined && hub.toLowerCase() !== subject.hub.toLowerCase()) return false;
    if (connectionId !== undefined && connectionId !== subject.connectionId) return false;
    if (userId !== undefined && userId !== subject.userId) return false;
    if (direction !== undefined && direction !== subject.direction) return false;
    if (group !== undefined && group !== subject.group()) return false;
    return this.#counts(held);
  }

  /** Chance and number of times. A rule that is used up leaves the list, so that frames are free of cost again. */
  #counts(held: { rule: FaultRule; matched: number }): boolean {
    const { probability = 1, times = Number.POSITIVE_INFINITY } = held.rule;
    if (probability < 1 && this.#random() >= probability) return false;
    held.matched += 1;
    if (held.matched >= times) this.#held = this.#held.filter((candidate) => candidate !== held);
    return true;
  }
}

function touchesFrames(fault: Fault, direction: Direction): boolean {
  switch (fault.type) {
    case "refuse-recovery":
    case "refuse-call":
      return false;
    case "slow":
      return direction === "out";
    default:
      return true;
  }
}

/** A small known generator: 32 bits of state, the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
