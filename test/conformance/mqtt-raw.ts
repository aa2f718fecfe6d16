import { generate, type Packet, parser } from "mqtt-packet";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Bench } from "./harness.ts";
import { mqttUrl } from "./mqtt-bench.ts";

export interface RawOptions {
  readonly version: 4 | 5;
  readonly clientId: string;
  readonly cleanStart?: boolean;
  readonly keepalive?: number;
  readonly sessionExpiryInterval?: number;
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
}

/** Packets as tests look at them: of every kind. */
export interface RawPacket {
  readonly cmd: string;
  readonly messageId?: number;
  readonly payload?: Buffer | string;
}

/** A client that acknowledges nothing by itself. */
export class RawMqtt {
  readonly ws: WebSocket;
  readonly closed: Promise<{ readonly code: number }>;
  connack: RawPacket = { cmd: "none" };
  readonly #version: 4 | 5;
  readonly #packets: RawPacket[] = [];
  #wake: () => void = () => undefined;

  private constructor(ws: WebSocket, version: 4 | 5) {
    this.ws = ws;
    this.#version = version;
    this.closed = new Promise((resolve) => void ws.once("close", (code) => resolve({ code })));
    const reader = parser({ protocolVersion: version });
    reader.on("packet", (packet: Packet) => {
      this.#packets.push({ ...packet });
      this.#wake();
    });
    ws.on("message", (data: Buffer) => reader.parse(data));
    ws.on("error", () => undefined);
  }

  static async dial(bench: Bench, version: 4 | 5): Promise<RawMqtt> {
    const ws = new WebSocket(await mqttUrl(bench), "mqtt");
    onTestFinished(() => ws.terminate());
    const client = new RawMqtt(ws, version);
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    return client;
  }

  static async connect(bench: Bench, options: RawOptions): Promise<RawMqtt> {
    const { version, clientId, cleanStart = true, keepalive = 60, ...rest } = options;
    const client = await RawMqtt.dial(bench, version);
    const properties = version === 5 ? { properties: rest } : {};
    client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clientId,
      clean: cleanStart,
      keepalive,
      ...properties,
    });
    client.connack = await client.next("connack");
    return client;
  }

  send(packet: Packet): void {
    this.ws.send(generate(packet, { protocolVersion: this.#version }));
  }

  /** The next packet, of any kind or the next one of this kind. */
  async next(cmd?: string): Promise<RawPacket> {
    for (;;) {
      const packet = this.#packets.shift();
      if (packet !== undefined && (cmd === undefined || packet.cmd === cmd)) return packet;
      if (packet !== undefined) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  cut(): void {
    this.ws.terminate();
  }
}
