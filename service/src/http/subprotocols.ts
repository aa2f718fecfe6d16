import type { Codec } from "../core/ports.ts";
import { codecs } from "../wire/codecs.ts";
import { plain } from "../wire/plain.ts";

/** A known name that has a path of its own. Any other unknown name is a plain client's own affair. */
const mqtt = "mqtt";

/** What was negotiated: how the connection speaks, and what the answer to the upgrade says, in the client's spelling. */
export interface Negotiated {
  readonly codec: Codec;
  readonly subprotocol: string | undefined;
}

/** The names a client offered, in its order and spelling. */
export function offeredNames(header: string | undefined): readonly string[] {
  return (header ?? "").split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
}

/**
 * The subprotocol that the event handler picked, else the first offered one that is known. Names ignore case. Without a
 * known one it is a plain client: with the custom subprotocol that was picked, or none. Undefined for MQTT;
 * "not-offered" when the handler picked one that the client does not speak.
 */
export function negotiate(offered: readonly string[], picked?: string): Negotiated | undefined | "not-offered" {
  const names = picked === undefined ? offered : offered.filter((name) => same(name, picked));
  if (picked !== undefined && names.length === 0) return "not-offered";
  for (const name of names) {
    const codec = codecs.find(({ subprotocol }) => same(subprotocol, name));
    // The shared text where it is the same: a part of a request would be kept as long as its connection.
    if (codec !== undefined) return { codec, subprotocol: codec.subprotocol === name ? codec.subprotocol : name };
  }
  if (names.some((name) => same(name, mqtt))) return undefined;
  return { codec: plain, subprotocol: picked === undefined ? undefined : names[0] };
}

export function subprotocolNames(): readonly string[] {
  return codecs.map(({ subprotocol }) => subprotocol);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
