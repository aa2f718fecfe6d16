import type { Encoding } from "../core/message.ts";
import type { Codec } from "../core/ports.ts";
import { sharedFrame, unnumberedFrame } from "./publish-frame.ts";
import type { Version } from "./reasons.ts";

/** How connections of one version get messages. Its packets are read by their sessions, never by `decode`. */
export interface MqttCodec extends Codec {
  readonly version: Version;
  /** PUBLISH with a packet id. */
  readonly atLeastOnce: Encoding;
  readonly exactlyOnce: Encoding;
}

export const mqttCodecs: Readonly<Record<Version, MqttCodec>> = { 4: codecOf(4), 5: codecOf(5) };

function codecOf(version: Version): MqttCodec {
  return {
    version,
    subprotocol: "mqtt",
    reliable: false,
    decode: () => ({ ok: false, code: 1002, problem: "MQTT packets are read by their session." }),
    control: () => undefined,
    data: (message) => sharedFrame(message, version),
    sequenced: (data) => data,
    atLeastOnce: { data: (message) => unnumberedFrame(message, version, 1) },
    exactlyOnce: { data: (message) => unnumberedFrame(message, version, 2) },
  };
}
