import { defaultLimits } from "../core/limits.ts";
import { isEventName, isHubName } from "../core/names.ts";
import { authTypes, type EventHandler, handlerUrl, systemEvents, templateHost } from "../upstream/handlers.ts";
import { defaultUpstreamLimits } from "../upstream/limits.ts";
import { type Check, fields, flag, list, number, oneOf, type Report, record, text } from "./checks.ts";
import { type HubSettings, logLevels, type Settings } from "./settings.ts";

const countMax = 2 ** 31 - 1;
const hubsMax = 1_000;
const handlersMax = 100;
const retriesMax = 10;

/** Settings, or every problem with them: each names its path and says what to do. */
export type Validated =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

export function validate(value: unknown): Validated {
  const problems: string[] = [];
  const report: Report = (path, problem) => problems.push(`${path === "" ? "The settings" : path} ${problem}`);
  settingsCheck(value, "", report);
  return problems.length === 0 ? { ok: true, settings: value as Settings } : { ok: false, problems };
}

const eventHandler: Readonly<Record<keyof EventHandler, Check>> = {
  urlTemplate: text(templateProblem),
  userEventPattern: text(patternProblem),
  systemEvents: list(oneOf(systemEvents), systemEvents.length),
  auth: fields(
    {
      type: oneOf(authTypes),
      managedIdentity: fields({
        resource: text((resource) =>
          resource.trim() === "" ? "must not be blank. Name what tokens are for." : undefined,
        ),
      }),
    },
    authProblem,
  ),
};

const hub: Readonly<Record<keyof HubSettings, Check>> = {
  anonymousConnectPolicy: oneOf(["allow", "deny"]),
  eventHandlers: list(fields(eventHandler, handlerProblem), handlersMax),
};

const limit = number({ min: 1, max: countMax });
const upstreamLimit = number({ min: 1, max: countMax });

const settings: Readonly<Record<keyof Settings, Check>> = {
  port: number({ max: 65_535 }),
  host: text((host) => (host.trim() === "" ? "must not be blank. Leave it out to listen on 127.0.0.1." : undefined)),
  // What a key must be like is told with the host it is used on: see `checkKeys`.
  accessKey: text(),
  secondaryKey: text(),
  useDevelopmentKey: flag,
  hosts: list(text(hostProblem), 100),
  keepAliveSeconds: number({ above: 0, max: 120 }),
  hubs: record(hubNamesProblem, fields(hub)),
  logLevel: oneOf(logLevels),
  faults: flag,
  limits: fields(mapKeys(defaultLimits, limit)),
  upstreamLimits: fields({
    ...mapKeys(defaultUpstreamLimits, upstreamLimit),
    retryDelaysMs: list(number({ max: countMax }), retriesMax),
  }),
};

const settingsCheck = fields(settings);

function mapKeys(table: object, check: Check): Record<string, Check> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, check]));
}

function templateProblem(template: string): string | undefined {
  if (/^tunnel:/i.test(template)) {
    return "must be an http or https URL. Tunnels are not offered: the service can call this machine directly.";
  }
  if (/\{@Microsoft\.KeyVault/i.test(template)) return "must not name a key vault. Put the value itself into the URL.";
  if (/[{}]/.test(templateHost(template))) return "must not have a parameter in its host. Write the host out.";
  if (handlerUrl(template, { hub: "h", event: "e" }) === undefined) {
    return 'must be an http or https URL, such as "http://localhost:3000/eventhandler/{event}".';
  }
  const unknown = /\{(?!hub\}|event\})[^}]*\}/i.exec(template)?.[0];
  return unknown === undefined ? undefined : `has the unknown parameter ${unknown}. Known are {hub} and {event}.`;
}

function patternProblem(pattern: string): string | undefined {
  const wrong = pattern.split(",").find((name) => name.trim() !== "*" && !isEventName(name.trim()));
  if (wrong === undefined) return undefined;
  return `must be "*", an event name, or several with commas; '${wrong.slice(0, 40)}' is no event name.`;
}

function authProblem({ type, managedIdentity }: Readonly<Record<string, unknown>>): string | undefined {
  if (type === undefined) return `has no type. Known are ${authTypes.map((name) => `"${name}"`).join(", ")}.`;
  const named = Object.keys(managedIdentity ?? {}).includes("resource");
  if (type === "ManagedIdentity" && !named) {
    return "has no managedIdentity.resource. Name the application that tokens are for.";
  }
  return type === "None" && managedIdentity !== undefined
    ? 'takes no managedIdentity with the type "None".'
    : undefined;
}

function handlerProblem(value: Readonly<Record<string, unknown>>): string | undefined {
  const { urlTemplate, userEventPattern, systemEvents: system } = value as Partial<EventHandler>;
  if (urlTemplate === undefined) return "has no urlTemplate. Say where its events go.";
  if (userEventPattern !== undefined || (system?.length ?? 0) > 0) return undefined;
  return 'takes no event. Add userEventPattern (such as "*") or systemEvents.';
}

function hubNamesProblem(names: readonly string[]): string | undefined {
  if (names.length > hubsMax) return `must have at most ${hubsMax} hubs.`;
  const wrong = names.find((name) => !isHubName(name));
  if (wrong !== undefined) {
    return `has the hub name '${wrong.slice(0, 40)}'. A name starts with a letter and has 1 to 128 letters, digits or _ \` , . [ ].`;
  }
  const twice = names.find((name, i) => names.findIndex((other) => same(other, name)) !== i);
  return twice === undefined ? undefined : `names the hub '${twice}' twice. Hub names ignore case: merge the two.`;
}

function hostProblem(host: string): string | undefined {
  const fits = /^[^\s/?#@]+$/.test(host) && !host.includes("://");
  return fits ? undefined : 'must be a host, with its port if it has one, such as "chat.example.com:8443".';
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
