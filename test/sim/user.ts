import type { VirtualClock } from "./clock.ts";
import type { SimDisk } from "./disk.ts";
import { SimNetwork } from "./network.ts";
import type { Fault } from "./plan.ts";
import type { SeededRandom } from "./random.ts";
import type { SimServers } from "./servers.ts";
import type { SimService, Subprotocol } from "./service.ts";
import { Tab } from "./tab.ts";
import { TabClock } from "./tab-clock.ts";
import type { Trace } from "./trace.ts";
import type { LineFaults } from "./wire.ts";

interface UserOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly service: SimService;
  readonly servers: SimServers;
  readonly disk: SimDisk;
  readonly index: number;
  readonly role: "writer" | "reader";
  readonly protocol: "current" | "old";
  readonly subprotocol: Subprotocol;
  readonly cryptoMs: number;
  readonly pauseMs: number;
  readonly line: () => LineFaults;
  readonly fail: (problem: string) => void;
}

/** How long a page stays in the back/forward cache. */
const shownAgainMs = 5_000;

export type UserFault = Extract<Fault, { readonly client: number }>;

/** A person with one tab at a time: edits, moves, speaks, loses the line, freezes, leaves and comes back. */
export class User {
  readonly name: string;
  tab: Tab | undefined;
  readonly #options: UserOptions;
  readonly #random: SeededRandom;
  #tabs = 0;
  #offline = false;
  #healed = false;
  /** Whom the server takes this person for. */
  #account: string;
  #accounts = 0;
  /** Duplicates of this user's tabs, with the same content and client id. */
  readonly clones: Tab[] = [];
  /** Whether a tab was closed with edits that were not shown as saved. */
  abandoned = false;
  /** Edits of closed tabs that had been shown as saved. */
  readonly #saved: Uint8Array[] = [];

  constructor(options: UserOptions) {
    this.#options = options;
    this.#random = options.random;
    this.name = `${options.role === "writer" ? "w" : "r"}${options.index}`;
    this.#account = this.name;
  }

  /** Opens a tab and acts until `untilMs`. */
  start(untilMs: number): void {
    this.#openTab();
    this.#act(untilMs);
  }

  suffer(fault: UserFault): void {
    const { tab } = this;
    if (tab === undefined || this.#healed) return;
    const later = (act: () => void, forMs: number) => this.#options.clock.after(forMs, act);
    switch (fault.kind) {
      case "break":
        tab.network.break(fault.how);
        break;
      case "partition":
        tab.network.partition(fault.which);
        later(() => this.#offline || tab.network.release(), fault.forMs);
        break;
      case "offline":
        this.#goOffline(tab);
        later(() => this.#comeBack(tab), fault.forMs);
        break;
      case "freeze":
        tab.freeze(fault.cut);
        later(() => tab.thaw(), fault.forMs);
        break;
      case "disconnect":
        tab.replica.disconnect();
        later(() => tab.phase === "open" && tab.replica.connect(), fault.forMs);
        break;
      case "hide":
        tab.replica.flush({ keepalive: true });
        later(() => tab.phase === "open" && tab.replica.wake("resume"), shownAgainMs);
        break;
      case "new-account":
        this.#signInAnew(fault.forMs);
        break;
      case "clone-tab":
        if (tab.phase === "open") this.clones.push(this.#makeTab(tab));
        break;
      case "close-tab":
        this.#closeTab(tab, fault.politely);
        later(() => this.tab === undefined && this.#openTab(), fault.forMs);
        break;
    }
  }

  /** All faults end; the user stays, with an open tab. */
  heal(): void {
    this.#healed = true;
    this.#offline = false;
    for (const tab of [this.tab ?? this.#openTab(), ...this.clones]) {
      tab.thaw();
      tab.network.release();
      tab.replica.connect();
    }
  }

  /** The edits that must be in the document for ever. */
  mustSurvive(): readonly Uint8Array[] {
    return [...this.#saved, ...(this.tab?.written ?? []), ...this.clones.flatMap(({ written }) => written)];
  }

  /** ID11: another login, or new cookies: all tabs of the browser are somebody else to the server. */
  #signInAnew(afterMs: number): void {
    this.#account = `${this.name} ${++this.#accounts}`;
    for (const tab of [this.tab, ...this.clones]) {
      if (tab?.phase !== "open") continue;
      tab.replica.disconnect();
      tab.move();
      this.#options.clock.after(afterMs, () => tab.phase === "open" && tab.replica.connect());
    }
  }

  get #reachable(): boolean {
    return !this.#offline;
  }

  #goOffline(tab: Tab): void {
    this.#offline = true;
    tab.network.break("cut");
    tab.network.partition("both");
  }

  #comeBack(tab: Tab): void {
    this.#offline = false;
    tab.network.release();
    if (tab.phase === "open") tab.clock.deliver(() => tab.replica.wake("online"));
  }

  #openTab(): Tab {
    const tab = this.#makeTab();
    this.tab = tab;
    return tab;
  }

  #makeTab(cloneOf?: Tab): Tab {
    const { clock, trace, service, servers, disk, role, protocol, subprotocol, line, fail, cryptoMs } = this.#options;
    const name = `${this.name}.${this.#tabs++}`;
    const random = this.#random.fork(name);
    const tabClock = new TabClock(clock);
    const network = new SimNetwork({
      ...{ name, clock, tab: tabClock, random: random.fork("line"), trace, service, subprotocol, fail },
      faults: line,
    });
    if (this.#offline) network.partition("both");
    const tab: Tab = new Tab({
      ...{ name, userName: () => this.#account, role, protocol, clock: tabClock },
      ...{ random, trace, network, fail, cryptoMs },
      ...(cloneOf === undefined ? {} : { cloneOf }),
      server: (session) =>
        servers.client({
          ...{ name, session, role, tab: tabClock, random: random.fork("http") },
          userId: () => this.#account,
          reachable: () => this.#reachable,
        }),
      reloaded: (gone) => this.#replace(gone),
      durable: () => disk.coverage(),
      saved: (written) => {
        const lost = disk.firstVolatile(written);
        if (lost !== -1) fail(`DU3 ${name} says saved, and its edit ${lost} is not durable`);
      },
    });
    trace.add(cloneOf === undefined ? "tab-opened" : "tab-cloned", name);
    if (protocol === "old") trace.count("old-member");
    tab.replica.connect();
    tab.move();
    return tab;
  }

  #replace(gone: Tab): void {
    const index = this.clones.indexOf(gone);
    if (index >= 0) this.clones.splice(index, 1);
    if (gone.replica.saveState === "saved") this.#saved.push(...gone.written);
    else this.abandoned = true;
    gone.close(false);
    const tab = this.#makeTab();
    if (index >= 0) this.clones.push(tab);
    else this.tab = tab;
  }

  #closeTab(tab: Tab, politely: boolean): void {
    this.#options.trace.add("tab-closed", tab.name, politely ? "politely" : "crashed");
    if (tab.replica.saveState === "saved") this.#saved.push(...tab.written);
    else this.abandoned = true;
    this.tab = undefined;
    tab.close(politely);
  }

  #clone(): Tab | undefined {
    return this.clones.length > 1 ? this.#random.pick(this.clones) : this.clones[0];
  }

  #act(untilMs: number): void {
    const { clock, pauseMs, role } = this.#options;
    const pause = this.#random.chance(0.3) ? this.#random.around(60) : this.#random.around(pauseMs);
    clock.after(pause, () => {
      if (clock.now() >= untilMs) return;
      const tab = this.clones.length > 0 && this.#random.chance(0.5) ? this.#clone() : this.tab;
      if (tab !== undefined && !tab.clock.frozen) {
        const what = this.#random.next();
        if (what < 0.12) tab.move();
        else if (what < 0.17) tab.say();
        else if (what < 0.19) tab.replica.wake("focus");
        else if (what < 0.21) tab.network.forge();
        else if (role === "writer") tab.edit();
        else tab.network.forge();
      }
      this.#act(untilMs);
    });
  }
}
