import { absence, divergence, firstLost, unrest } from "./checks.ts";
import { drain, VirtualClock } from "./clock.ts";
import { SimDisk } from "./disk.ts";
import { Hostile } from "./hostile.ts";
import { SimNetwork } from "./network.ts";
import { type Fault, type HttpFaults, type Plan, planOf } from "./plan.ts";
import { queueBounds } from "./queues.ts";
import { SeededRandom } from "./random.ts";
import { SimServers } from "./servers.ts";
import { SimService } from "./service.ts";
import type { Tab } from "./tab.ts";
import { TabClock } from "./tab-clock.ts";
import { Trace } from "./trace.ts";
import { User } from "./user.ts";
import type { LineFaults } from "./wire.ts";

export interface WorldResult {
  readonly seed: number;
  /** What is wrong; absent when all is well. */
  readonly problem?: string;
  /** Equal for equal runs. */
  readonly hash: string;
  /** How often each kind of event happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** CPU time. */
  readonly ms: number;
  readonly plan?: Plan;
  readonly last?: readonly string[];
}

/** Liveness: virtual time from the healing of all faults until all replicas are at rest and equal. */
const healMsMax = 400_000;
/** How long the hostile one goes on when everybody else rests. */
const hostileMs = 20_000;
/** More timers than this mean that something runs in circles. */
const eventsMax = 400_000;
const perfectLine: LineFaults = { loss: 0, duplicate: 0, reorder: 0, delayMs: 5 };
const perfectHttp: HttpFaults = { lostRequest: 0, lostReply: 0, unavailable: 0, throttled: 0, delayMs: 5 };

export interface WorldOptions {
  /** Another plan than the seed's own. */
  readonly plan?: Plan;
  /** Sees every line of the trace. */
  readonly print?: (line: string) => void;
}

/** One seed, one world: faults, healing, rest, checks. Never throws. */
export async function runWorld(seed: number, options: WorldOptions = {}): Promise<WorldResult> {
  const started = process.cpuUsage();
  const world = new World(seed, options);
  const onRejection = (cause: unknown) => world.fail(`unhandled: ${inWords(cause)}`);
  process.on("unhandledRejection", onRejection);
  let problem: string | undefined;
  try {
    problem = await world.run();
    world.destroy();
    await drain();
  } catch (cause) {
    problem = `threw: ${inWords(cause)}`;
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  return {
    seed,
    hash: world.trace.hash,
    counts: Object.fromEntries(world.trace.counts),
    ms: process.cpuUsage(started).user / 1000,
    ...(problem === undefined ? {} : { problem, plan: world.plan, last: world.trace.last }),
  };
}

function inWords(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

class World {
  readonly plan: Plan;
  readonly trace: Trace;
  readonly #clock = new VirtualClock();
  readonly #random: SeededRandom;
  readonly #service: SimService;
  readonly #disk: SimDisk;
  readonly #servers: SimServers;
  readonly #users: User[] = [];
  #line: LineFaults;
  #http: HttpFaults;
  readonly #hostile: Hostile | undefined;
  #problem: string | undefined;

  constructor(seed: number, { plan, print }: WorldOptions) {
    this.plan = plan ?? planOf(seed);
    this.#random = new SeededRandom(`world ${seed}`);
    this.#line = this.plan.line;
    this.#http = this.plan.http;
    const clock = this.#clock;
    const random = this.#random;
    this.trace = new Trace(() => clock.now(), print);
    const { trace } = this;
    const fail = (problem: string) => this.fail(problem);
    this.#service = new SimService(clock, random.fork("service"), trace, this.plan.namesSenders);
    this.#disk = new SimDisk({ clock, trace, fail });
    this.#servers = new SimServers({
      ...{ clock, random: random.fork("servers"), trace, service: this.#service, disk: this.#disk },
      count: this.plan.servers,
      identity: this.plan.identity,
      mode: this.plan.mode,
      faults: () => this.#http,
      fail,
    });
    for (let index = 0; index < this.plan.writers + this.plan.readers; index++) {
      this.#users.push(
        new User({
          ...{ clock, random: random.fork(`user ${index}`), trace, service: this.#service, servers: this.#servers },
          disk: this.#disk,
          index,
          role: index < this.plan.writers ? "writer" : "reader",
          protocol: this.plan.oldWriter === index ? "old" : "current",
          subprotocol: this.plan.subprotocol,
          cryptoMs: this.plan.cryptoMs,
          pauseMs: this.plan.pauseMs,
          line: () => this.#line,
          fail,
        }),
      );
    }
    this.#hostile = this.plan.hostile ? this.#makeHostile() : undefined;
  }

  #makeHostile(): Hostile {
    const { trace } = this;
    const [clock, random] = [this.#clock, this.#random.fork("hostile")];
    const fail = (problem: string) => this.fail(problem);
    const tab = new TabClock(clock);
    const network = new SimNetwork({
      ...{ name: "hostile", clock, tab, random: random.fork("line"), trace, service: this.#service, fail },
      ...{ subprotocol: this.plan.subprotocol, faults: () => this.#line },
    });
    return new Hostile({
      ...{ clock, random, trace, network, fail, signed: this.plan.identity === "signed" },
      server: (session) =>
        this.#servers.client({
          ...{ name: "hostile", session, role: "writer", userId: () => "hostile", tab },
          ...{ random: random.fork("http"), reachable: () => true },
        }),
    });
  }

  async run(): Promise<string | undefined> {
    const { activityMs, faults } = this.plan;
    for (const [index, user] of this.#users.entries()) {
      const late = index < 2 ? this.#random.int(0, 500) : this.#random.int(0, activityMs / 2);
      this.#clock.after(late, () => user.start(activityMs));
    }
    this.#hostile?.start(activityMs + hostileMs);
    for (const fault of faults) this.#clock.after(fault.at, () => this.#inflict(fault));
    await this.#clock.run(activityMs, () => this.#broken());
    this.#heal();
    // Those who are silent now are the ones in whose name somebody might write.
    if (this.#hostile !== undefined) await this.#clock.run(activityMs + hostileMs, () => this.#broken());
    const rested = await this.#rest();
    return this.#problem ?? rested ?? this.#verify();
  }

  destroy(): void {
    for (const tab of this.#tabs) tab.destroy();
    this.#hostile?.stop();
  }

  get #tabs(): readonly Tab[] {
    return this.#users.flatMap(({ tab, clones }) => [...(tab === undefined ? [] : [tab]), ...clones]);
  }

  fail(problem: string): void {
    this.trace.add("problem", problem);
    this.#problem ??= problem;
  }

  /** Looked at before each timer. */
  #broken(): boolean {
    if (this.#clock.fired > eventsMax) this.fail("the world does not come to rest");
    if (this.#clock.fired % 8 === 0) {
      for (const tab of this.#tabs) {
        const over = queueBounds(tab.replica.queues);
        if (over !== undefined) this.fail(`${tab.name}: ${over}`);
        if (tab.gapsClosed()) this.trace.count("gap-repaired");
      }
    }
    return this.#problem !== undefined;
  }

  #inflict(fault: Fault): void {
    this.trace.add(`fault-${fault.kind}`, JSON.stringify(fault));
    const later = (act: () => void, forMs: number) => this.#clock.after(forMs, act);
    switch (fault.kind) {
      case "service-down":
        this.#service.stop();
        later(() => this.#service.start(), fault.forMs);
        break;
      case "server-down":
        this.#servers.kill(fault.server);
        later(() => this.#servers.start(fault.server), fault.forMs);
        break;
      case "disk-crash":
        this.#disk.crashAtNextWrite(fault.when, () => {
          this.#servers.kill("all");
          later(() => this.#servers.start("all"), fault.forMs);
        });
        break;
      case "disk-full":
        this.#disk.full = true;
        later(() => {
          this.#disk.full = false;
        }, fault.forMs);
        break;
      case "compact":
        void this.#servers.compact(fault.server);
        break;
      case "access-change":
        this.#servers.changeAccess();
        break;
      default:
        this.#users[fault.client]?.suffer(fault);
    }
  }

  #heal(): void {
    this.trace.add("heal", "world");
    this.#line = perfectLine;
    this.#http = perfectHttp;
    this.#service.start();
    this.#disk.heal();
    this.#servers.start("all");
    for (const user of this.#users) user.heal();
  }

  /** Until every replica is at rest and equal, and the stored document with it; or what keeps them from it. */
  async #rest(): Promise<string | undefined> {
    const end = this.#clock.now() + healMsMax;
    for (;;) {
      const problem = this.#unrest();
      if (problem === undefined || this.#problem !== undefined) return problem;
      if (this.#clock.now() >= end) return `not at rest ${healMsMax / 1000} s after all faults: ${problem}`;
      await this.#clock.run(this.#clock.now() + 2_000, () => this.#broken());
    }
  }

  #unrest(): string | undefined {
    // What the hostile one sent waits for ever.
    const abandoned = this.plan.hostile || this.#users.some((user) => user.abandoned);
    for (const tab of this.#tabs) {
      const problem = unrest(tab, abandoned);
      if (problem !== undefined) return problem;
    }
    return divergence(this.#tabs, this.#disk.durable) ?? absence(this.#tabs);
  }

  /** What must hold for ever, once at rest. */
  async #verify(): Promise<string | undefined> {
    const restored = await this.#disk.read();
    const differs = divergence(this.#tabs, restored);
    if (differs !== undefined) return `DU11 what the store gives back is not what was written: ${differs}`;
    for (const user of this.#users) {
      const lost = firstLost(restored, user.mustSurvive());
      if (lost !== -1) return `DU4 edit ${lost} of ${user.name} was saved, and is gone`;
    }
    restored.destroy();
    return undefined;
  }
}
