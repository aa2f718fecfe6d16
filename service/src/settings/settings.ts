import type { Limits } from "../core/limits.ts";
import type { EventHandler } from "../upstream/handlers.ts";
import type { UpstreamLimits } from "../upstream/limits.ts";

/** All that can be set, in code or in a JSON file. Everything has a default. */
export interface Settings {
  /** Default 8080; 0 takes any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. Anything but loopback is reachable by others and needs a key of your own. */
  readonly host?: string;
  /** At least 32 bytes. Default: a random key, to be read from `connectionString`. */
  readonly accessKey?: string;
  /** A second key that validates as well, for rotation. */
  readonly secondaryKey?: string;
  /** Use `developmentKey`, the one of Microsoft's emulator, when no `accessKey` is given. Loopback only. Default false. */
  readonly useDevelopmentKey?: boolean;
  /** Further hosts (name and port) that tokens may name, such as a proxy in front of the service. */
  readonly hosts?: readonly string[];
  /** Between WebSocket pings; a client that answers neither of two is ended. Up to 120, default 20, as on Azure. */
  readonly keepAliveSeconds?: number;
  /** By hub name; names ignore case. A hub that is not listed exists too, without handlers and without anonymous clients. */
  readonly hubs?: Readonly<Record<string, HubSettings>>;
  /** Take fault rules over HTTP at `/faults` too. Loopback only. Default false: `Service.faults` is the only way. */
  readonly faults?: boolean;
  /** Which lines the log gets: none, what went wrong and changes of settings, or everything (`info`, the default). */
  readonly logLevel?: LogLevel;
  /** Default: the limits of Azure. */
  readonly limits?: Partial<Limits>;
  /** Bounds of the calls to event handlers. */
  readonly upstreamLimits?: Partial<UpstreamLimits>;
}

export interface HubSettings {
  /** Whether clients without a token are let in. Default `deny`. */
  readonly anonymousConnectPolicy?: "allow" | "deny";
  /** In order: the first that takes an event gets it. The service calls whatever URL is given here. */
  readonly eventHandlers?: readonly EventHandler[];
}

export type LogLevel = (typeof logLevels)[number];
export const logLevels = ["none", "error", "info"] as const;

/** What can change while the service runs. The rest is read at the start only. */
export const changeable: readonly (keyof Settings)[] = [
  "accessKey",
  "secondaryKey",
  "useDevelopmentKey",
  "hosts",
  "keepAliveSeconds",
  "hubs",
  "logLevel",
];

/** The settings of each hub by its name in lower case: hub names ignore case. */
export function hubIndex({ hubs = {} }: Settings): ReadonlyMap<string, HubSettings> {
  return new Map(Object.entries(hubs).map(([name, hub]) => [name.toLowerCase(), hub]));
}
