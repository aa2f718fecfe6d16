import { generate, type Packet, type Parser, parser } from "mqtt-packet";
import type { Frame } from "../core/ports.ts";
import type { Version } from "./reasons.ts";

export type UserProperties = readonly (readonly [name: string, value: string])[];

/** Reads whole packets of one version. One for all connections: a whole packet leaves nothing behind. */
class PacketReader {
  readonly #version: Version | undefined;
  #parser: Parser | undefined;
  #packet: Packet | undefined;
  #problem: string | undefined;

  constructor(version: Version | undefined) {
    this.#version = version;
  }

  read(bytes: Buffer): Packet | string {
    this.#packet = undefined;
    this.#problem = undefined;
    try {
      this.#parser ??= this.#open();
      this.#parser.parse(bytes);
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    const packet: Packet | undefined = this.#packet;
    if (packet !== undefined && this.#problem === undefined) return packet;
    this.#parser = undefined;
    return this.#problem ?? "The packet is not whole.";
  }

  #open(): Parser {
    const opened = parser(this.#version === undefined ? {} : { protocolVersion: this.#version });
    opened.on("packet", (packet) => {
      this.#packet = packet;
    });
    opened.on("error", (error: unknown) => {
      this.#problem = error instanceof Error ? error.message : String(error);
    });
    return opened;
  }
}

const readers = { 4: new PacketReader(4), 5: new PacketReader(5) } as const;

/** One whole packet, or what is wrong with it. Never throws. */
export function readPacket(bytes: Buffer, version: Version): Packet | string {
  return readers[version].read(bytes);
}

/** A CONNECT packet says itself which version it is. */
export function readConnect(bytes: Buffer): Packet | string {
  return new PacketReader(undefined).read(bytes);
}

/** Any packet but PUBLISH as a frame. */
export function packetFrame(packet: Packet, version: Version): Frame {
  return { head: undefined, body: generate(packet, { protocolVersion: version }), binary: true };
}

/** For the properties of a packet: none at all when there are no pairs, which the packet library could not write. */
export function userPropertiesOf(pairs: UserProperties): { readonly userProperties?: Record<string, string[]> } {
  return pairs.length === 0 ? {} : { userProperties: propertyRecord(pairs) };
}

/** As the packet library has them: an object without a prototype, values of a repeated name in a list. */
export function propertyPairs(found: Readonly<Record<string, string | string[]>> | undefined): UserProperties {
  return Object.entries(found ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((text): readonly [string, string] => [name, text]),
  );
}

function propertyRecord(pairs: UserProperties): Record<string, string[]> {
  const record: Record<string, string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    const values = record[name];
    if (values === undefined) record[name] = [value];
    else values.push(value);
  }
  return record;
}
