import type { Certificate } from "./certificate.ts";
import type { UserId } from "./ports.ts";
import type { AwarenessEntry } from "./validate-awareness.ts";

export type Certified =
  | { readonly outcome: "accepted"; readonly entry: AwarenessEntry }
  /** It claims what the server denies. */
  | { readonly outcome: "forged" };

/**
 * ID9: what an entry may say of its owner. Editors show `state.user`; where the server certifies names, name, colour and
 * role in it are the certificate's. `certificate` null: the session showed none, and is called by its user id.
 */
export function certifiedEntry(entry: AwarenessEntry, certificate: Certificate | null, userId: UserId): Certified {
  const { state } = entry;
  const user = userOf(state);
  if (state === null || user === null) return { outcome: "accepted", entry };
  if (certificate === null) return shown(entry, { ...user, name: userId });
  const { name, color, role } = certificate;
  if (name !== "" && user["name"] !== undefined && user["name"] !== name) return { outcome: "forged" };
  if (user["role"] !== undefined && user["role"] !== role) return { outcome: "forged" };
  return shown(entry, stamped(user, certificate, color));
}

/** ID9: what this session's own entry says when it leaves, whatever the application wrote into it. */
export function ownState(
  state: Readonly<Record<string, unknown>>,
  certificate: Certificate | null,
): Readonly<Record<string, unknown>> {
  const user = userOf(state);
  if (user === null || certificate === null) return state;
  const role = user["role"] === undefined ? {} : { role: certificate.role };
  return { ...state, user: { ...stamped(user, certificate, certificate.color), ...role } };
}

function stamped(
  user: Readonly<Record<string, unknown>>,
  { name }: Certificate,
  color: string,
): Readonly<Record<string, unknown>> {
  return { ...user, ...(name === "" ? {} : { name }), ...(color === "" ? {} : { color }) };
}

function shown(entry: AwarenessEntry, user: Readonly<Record<string, unknown>>): Certified {
  return { outcome: "accepted", entry: { ...entry, state: { ...entry.state, user } } };
}

function userOf(state: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof state !== "object" || state === null || !("user" in state)) return null;
  const { user } = state;
  return typeof user === "object" && user !== null && !Array.isArray(user) ? { ...user } : null;
}
