/** One event handler of a hub, as in the settings of Azure. The first that takes an event gets it. */
export interface EventHandler {
  /** http or https; may hold `{hub}` and `{event}`, but not in the host. */
  readonly urlTemplate: string;
  /** `*`, an event name, or several with commas; case does not matter. Default: no user events. */
  readonly userEventPattern?: string;
  /** Default: none. */
  readonly systemEvents?: readonly SystemEvent[];
  /** How the service says who it is. Default: not at all, but for `ce-signature`. */
  readonly auth?: HandlerAuth;
}

/**
 * As in the settings of Azure. For `ManagedIdentity` each event comes with `Authorization: Bearer` and a token for
 * `resource`, signed (HS256) with the primary access key, for no Entra ID is asked here.
 */
export type HandlerAuth =
  | { readonly type: "None" }
  | { readonly type: "ManagedIdentity"; readonly managedIdentity: { readonly resource: string } };

export const authTypes = ["None", "ManagedIdentity"] as const;

export type SystemEvent = (typeof systemEvents)[number];
/** `joined` and `left` are about groups; how Azure names them in its settings is not published. */
export const systemEvents = ["connect", "connected", "disconnected", "joined", "left"] as const;

export function systemHandler(handlers: readonly EventHandler[], event: SystemEvent): EventHandler | undefined {
  return handlers.find((handler) => handler.systemEvents?.includes(event));
}

export function userHandler(handlers: readonly EventHandler[], event: string): EventHandler | undefined {
  return handlers.find(({ userEventPattern }) => userEventPattern !== undefined && fits(userEventPattern, event));
}

/** The URL of one event; undefined when the template is no http(s) URL. Parameter names ignore case. */
export function handlerUrl(template: string, names: { readonly hub: string; readonly event: string }): URL | undefined {
  const text = template
    .replaceAll(/\{hub\}/gi, () => encodeURIComponent(names.hub))
    .replaceAll(/\{event\}/gi, () => encodeURIComponent(names.event));
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
  } catch {
    return undefined; // Not a URL: the caller says which template it was.
  }
}

/** A handler's URL as it may stand in a log: keys hide in queries and user names. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** The part of a URL template that names the host: parameters are not allowed there. */
export function templateHost(template: string): string {
  return /^[a-z]+:\/\/([^/?#]*)/i.exec(template)?.[1] ?? "";
}

function fits(pattern: string, event: string): boolean {
  return pattern.split(",").some((part) => {
    const name = part.trim().toLowerCase();
    return name === "*" || name === event.toLowerCase();
  });
}
