/**
 * Audiences are URLs. Case, a trailing slash, and the choice among http, https, ws and wss do not matter. The host may
 * be the one the service was told, or the one the request was sent to: a proxy in between changes the latter.
 */

/** A client token names the hub: `…/client/hubs/{hub}`, or the older `…/client/?hub={hub}`. */
export function isClientAudience(aud: unknown, hub: string, hosts: readonly string[]): boolean {
  const paths = [`/client/hubs/${hub}`, `/client/?hub=${hub}`, `/client?hub=${hub}`];
  return audiences(aud).some((audience) =>
    hosts.some((host) => paths.some((path) => `${host}${path}`.toLowerCase() === audience)),
  );
}

/** A REST token names the request's URL, or a part of it that ends at a `/` or before the query. */
export function isRestAudience(aud: unknown, pathAndQuery: string, hosts: readonly string[]): boolean {
  return audiences(aud).some((audience) =>
    hosts.some((host) => {
      const url = decoded(`${host}${pathAndQuery}`).toLowerCase();
      return url.startsWith(audience) && ["", "?", "/"].includes(url.charAt(audience.length));
    }),
  );
}

/** Without the scheme, decoded, in lower case, without a trailing slash. */
function audiences(aud: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return list.flatMap((item) => {
    const match = typeof item === "string" ? /^(?:https?|wss?):\/\/(.+?)\/?$/i.exec(item) : null;
    return match?.[1] === undefined ? [] : [decoded(match[1]).toLowerCase()];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not percent-encoded text: compared as it is.
  }
}
