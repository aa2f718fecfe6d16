/**
 * Audiences are URLs. Case, a trailing slash, and the choice among http, https, ws and wss do not matter. The host may
 * be the one the service was told, or the one the request was sent to: a proxy in between changes the latter.
 */

/** A client token names the hub: `…/client/hubs/{hub}`, or the older `…/client/?hub={hub}`. */
export function isClientAudience(aud: unknown, hub: string, hosts: readonly string[]): boolean {
  return isOneOf(aud, [`/client/hubs/${hub}`, `/client/?hub=${hub}`, `/client?hub=${hub}`], hosts);
}

/** The token of an MQTT client: `…/clients/mqtt/hubs/{hub}`. */
export function isMqttAudience(aud: unknown, hub: string, hosts: readonly string[]): boolean {
  return isOneOf(aud, [`/clients/mqtt/hubs/${hub}`], hosts);
}

function isOneOf(aud: unknown, paths: readonly string[], hosts: readonly string[]): boolean {
  return audiences(aud).some((audience) =>
    hosts.some((host) => paths.some((path) => sameText(`${bare(host)}${path}`, decoded(audience)))),
  );
}

/**
 * A REST token names the request's URL with or without its query, percent-encoded or not, or a part of it that ends
 * before a `/` or the `?`. A part is compared segment by segment: `…/groups/a` does not cover the group `a%2Fb`.
 */
export function isRestAudience(aud: unknown, pathAndQuery: string, hosts: readonly string[]): boolean {
  return audiences(aud).some((audience) =>
    hosts.some((host) => {
      const url = `${bare(host)}${pathAndQuery}`;
      const withoutQuery = beforeQuery(url);
      return (
        sameText(decoded(url), decoded(audience)) ||
        sameText(decoded(withoutQuery), decoded(audience)) ||
        covers(audience, withoutQuery)
      );
    }),
  );
}

function covers(audience: string, url: string): boolean {
  const wanted = url.split("/");
  const named = audience.split("/");
  return (
    named.length <= wanted.length && named.every((segment, at) => sameText(decoded(segment), decoded(wanted[at] ?? "")))
  );
}

/** Without scheme and trailing slash. */
function audiences(aud: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return list.flatMap((item) => {
    const match = typeof item === "string" ? /^(?:https?|wss?):\/\/(.+)$/is.exec(item) : null;
    const audience = withoutSlash(match?.[1] ?? "");
    return audience === "" ? [] : [audience];
  });
}

/** A host may be given as `proxy.example`, `proxy.example:8443/base` or a whole URL. */
function bare(host: string): string {
  return withoutSlash(host.replace(/^(?:https?|wss?):\/\//i, ""));
}

function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text;
}

function beforeQuery(url: string): string {
  const at = url.indexOf("?");
  return at === -1 ? url : url.slice(0, at);
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not percent-encoded text: compared as it is.
  }
}
