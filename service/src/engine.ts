import { type KeyObject, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Hub } from "./core/hub.ts";
import { defaultLimits, type Limits } from "./core/limits.ts";
import type { Clock } from "./core/ports.ts";
import { ServiceError } from "./errors.ts";
import { signingKeys } from "./http/auth.ts";
import { Front } from "./http/front.ts";
import { type RestHost, serveRest } from "./http/router.ts";
import { Sockets } from "./http/sockets.ts";
import { Upgrader } from "./http/upgrade.ts";
import { checkKeys, developmentKey, isLoopback, randomKey } from "./keys.ts";
import { type Log, type LogLine, wanted } from "./log.ts";
import { changeable, type HubSettings, hubIndex, type Settings } from "./settings/settings.ts";
import { HandlerCalls } from "./upstream/handler-calls.ts";
import { HttpUpstream } from "./upstream/http-upstream.ts";
import { defaultUpstreamLimits } from "./upstream/limits.ts";

/** The access keys in force: the primary one first. */
interface Keys {
  readonly primary: string;
  readonly signing: readonly KeyObject[];
}

const clock: Clock = {
  now: () => performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A whole service but for the HTTP server that feeds it: `startService` brings its own, `attachService` takes yours. */
export class Engine {
  readonly hubs: Map<string, Hub> = new Map();
  readonly sockets: Sockets;
  /** Counters, the live page, and faults on purpose. */
  readonly front: Front;
  readonly #limits: Limits;
  readonly #sink: Log;
  /** For whoever sets no key: the same as long as the service runs. */
  readonly #randomKey: string = randomKey();
  readonly #upstreams: Map<string, HttpUpstream> = new Map();
  readonly #calls: HandlerCalls;
  readonly #rest: RestHost;
  readonly #upgrader: Upgrader;
  #settings: Settings;
  #hubSettings: ReadonlyMap<string, HubSettings>;
  #keys: Keys;
  #authority = "localhost";

  /** Throws `ServiceError` unless the keys are fit for the host. */
  constructor(settings: Settings, log: Log) {
    this.#settings = settings;
    this.#hubSettings = hubIndex(settings);
    this.#keys = this.#readKeys(settings);
    this.#sink = log;
    this.#limits = { ...defaultLimits, ...settings.limits };
    this.front = openFront(settings, () => this.hubs.values());
    this.sockets = new Sockets(keepAliveMs(settings), this.front.lines);
    const engine = this;
    const upstreamLimits = { ...defaultUpstreamLimits, ...settings.upstreamLimits };
    this.#calls = new HandlerCalls({
      limits: upstreamLimits,
      clock,
      identity: () => ({ keys: this.#keys.signing, origin: this.#authority }),
    });
    // Read anew for every request: the settings may have changed.
    const shared = {
      get keys() {
        return engine.#keys.signing;
      },
      get hosts() {
        return [...(engine.#settings.hosts ?? []), engine.#authority];
      },
      now: () => Date.now(),
      hub: (name: string) => this.hub(name),
    };
    this.#rest = Object.assign(shared, { failed: (error: unknown) => this.fault(error) });
    this.#upgrader = new Upgrader({
      get keys() {
        return shared.keys;
      },
      get hosts() {
        return shared.hosts;
      },
      now: shared.now,
      hub: shared.hub,
      sockets: this.sockets,
      messageBytesMax: this.#limits.messageBytesMax,
      groupNameCharsMax: this.#limits.groupNameCharsMax,
      waitingConnectsMax: upstreamLimits.waitingConnectsMax,
      knownHub: (name) => this.hubs.get(name.toLowerCase()),
      upstream: (name) => this.#upstream(name.toLowerCase()),
      anonymous: (name) => this.#hubSettings.get(name.toLowerCase())?.anonymousConnectPolicy === "allow",
      refused: (status, reason) => this.log({ type: "upgrade-refused", status, reason }),
      refusesRecovery: (hub, connectionId) => this.front.refusesRecovery(hub, connectionId),
      recoveryRefused: (hub, connectionId, reason) =>
        this.log({ type: "recovery-refused", hub: hub.name, connectionId, reason }),
    });
  }

  get settings(): Settings {
    return this.#settings;
  }

  get primaryKey(): string {
    return this.#keys.primary;
  }

  /** The host and port under which clients and handlers know the service. */
  set authority(authority: string) {
    this.#authority = authority;
  }

  /** Hubs exist by being named; names ignore case. */
  hub(name: string): Hub {
    const canonical = name.toLowerCase();
    const found = this.hubs.get(canonical) ?? this.#openHub(canonical);
    this.hubs.set(canonical, found);
    return found;
  }

  log(line: LogLine): void {
    this.front.note(line);
    if (wanted(line, this.#settings.logLevel ?? "info")) this.#sink(line);
  }

  fault(error: unknown): void {
    this.log({ type: "fault", message: String(error) });
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    if (!this.front.serve(request, response)) void serveRest(this.#rest, request, response);
  }

  /** The live page and its like, by their own paths. False for everything else, REST calls among it. */
  show(request: IncomingMessage, response: ServerResponse): boolean {
    return this.front.show(request, response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.front.faults.down) socket.destroy();
    else this.#upgrader.upgrade(request, socket, head);
  }

  /**
   * Takes new settings without a break for anybody. Answers the names of those that only a restart brings about.
   * Throws `ServiceError`, and changes nothing, if the keys are unfit.
   */
  change(settings: Settings): readonly string[] {
    this.#keys = this.#readKeys(settings);
    const before = this.#settings;
    const fixed = Object.entries(before).filter(([name]) => !isChangeable(name));
    this.#settings = { ...Object.fromEntries(fixed), ...pick(settings) };
    this.#hubSettings = hubIndex(settings);
    this.sockets.pingEvery(keepAliveMs(settings));
    this.#calls.reset();
    const names = new Set([...Object.keys(before), ...Object.keys(settings)].filter((name) => !isChangeable(name)));
    return [...names].filter((name) => !isSame(before[name as keyof Settings], settings[name as keyof Settings]));
  }

  /** Says goodbye to every client. Resolves when the handlers know, or after `patienceMs`. */
  async stop(text: string, patienceMs: number): Promise<void> {
    this.front.end();
    for (const hub of this.hubs.values()) hub.stop(text);
    // Calls that are cut short end as failed: then everything is quiet.
    const cancel = clock.after(patienceMs, () => this.#calls.end());
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.quiet()));
    cancel();
    this.#calls.end();
  }

  #readKeys(settings: Settings): Keys {
    const { accessKey, secondaryKey, useDevelopmentKey, host } = settings;
    const primary = accessKey ?? (useDevelopmentKey === true ? developmentKey : this.#randomKey);
    const keys = secondaryKey === undefined ? [primary] : [primary, secondaryKey];
    checkKeys(keys, host ?? "127.0.0.1");
    return { primary, signing: signingKeys(keys) };
  }

  #upstream(hub: string): HttpUpstream {
    const known = this.#upstreams.get(hub);
    if (known !== undefined) return known;
    const upstream = new HttpUpstream({
      hub,
      calls: this.#calls,
      groupNameCharsMax: this.#limits.groupNameCharsMax,
      handlers: () => this.#hubSettings.get(hub)?.eventHandlers ?? [],
      failed: (failure) => this.log({ type: "event-failed", ...failure }),
    });
    this.#upstreams.set(hub, upstream);
    return upstream;
  }

  #openHub(name: string): Hub {
    return new Hub({
      name,
      limits: this.#limits,
      upstream: this.#upstream(name),
      onEvent: (event) => this.log(event),
      clock,
      wallClock: () => Date.now(),
      scheduler: { soon: (task) => void setImmediate(task) },
      ids: {
        connectionId: () => randomBytes(18).toString("base64url"),
        reconnectionToken: () => randomBytes(32).toString("base64url"),
      },
    });
  }
}

/** Throws `ServiceError` if fault rules over HTTP are wanted where others could set them. */
function openFront({ host = "127.0.0.1", faults = false }: Settings, hubs: () => Iterable<Hub>): Front {
  const payloads = isLoopback(host);
  if (faults && !payloads) {
    throw new ServiceError("faults-exposed", `Fault rules over HTTP must not be open on ${host}. Use 127.0.0.1.`);
  }
  return new Front({ clock, hubs, seed: randomBytes(4).readUInt32LE(), faultRoutes: faults, payloads });
}

function keepAliveMs({ keepAliveSeconds }: Settings): number {
  return (keepAliveSeconds ?? 20) * 1_000;
}

function isChangeable(name: string): boolean {
  return (changeable as readonly string[]).includes(name);
}

function pick(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => isChangeable(name)));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
