import { connect, type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import type { Bench } from "./harness.ts";

export interface MqttIdentity {
  readonly userId?: string;
  readonly roles?: string[];
  readonly groups?: string[];
}

/** May do everything with every topic. */
export const everything: MqttIdentity = { roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] };

let counter = 0;

/** The service takes letters and digits only, unlike the ids that MQTT.js makes up. */
export function newClientId(): string {
  counter += 1;
  return `client${counter}`;
}

export async function mqttUrl(bench: Bench, identity: MqttIdentity = everything): Promise<string> {
  return (await bench.admin.getClientAccessToken({ ...identity, clientProtocol: "mqtt" })).url;
}

/** MQTT.js, unmodified, connected: it keeps what arrives, so that tests can wait for it. */
export class MqttMember {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
  readonly packets: IPublishPacket[] = [];
  readonly #waiting: Set<() => void> = new Set();

  private constructor(client: MqttClient, connack: IConnackPacket) {
    this.client = client;
    this.connack = connack;
  }

  static async connect(
    bench: Bench,
    options: IClientOptions = {},
    identity: MqttIdentity = everything,
  ): Promise<MqttMember> {
    const url = await mqttUrl(bench, identity);
    return MqttMember.at(url, options);
  }

  static async at(url: string, given: IClientOptions = {}): Promise<MqttMember> {
    const options = { clientId: newClientId(), protocolVersion: 5, reconnectPeriod: 0, ...given } as const;
    const client = connect(url, options);
    onTestFinished(() => void client.end(true));
    const early: IPublishPacket[] = [];
    const note = {
      take: (packet: IPublishPacket): void => {
        early.push(packet);
      },
    };
    client.on("message", (_topic, _payload, packet) => note.take(packet));
    const connack = await new Promise<IConnackPacket>((resolve, reject) => {
      client.once("connect", resolve);
      client.once("error", reject);
      client.once("close", () => reject(new Error("The connection was closed before CONNACK.")));
    });
    client.on("error", () => undefined);
    const member = new MqttMember(client, connack);
    note.take = (packet) => member.#take(packet);
    for (const packet of early) member.#take(packet);
    return member;
  }

  #take(packet: IPublishPacket): void {
    this.packets.push(packet);
    for (const check of this.#waiting) check();
  }

  /** The codes of the SUBACK, refusals too. */
  subscribed(topics: string[]): Promise<unknown> {
    return new Promise((resolve) => {
      this.client.on("packetreceive", (packet) => {
        if (packet.cmd === "suback") resolve(packet.granted);
      });
      this.client.subscribe(topics, { qos: 0 }, () => undefined);
    });
  }

  /** Bytes that MQTT.js would not write. */
  sendRaw(bytes: Buffer): void {
    this.client.stream.write(bytes);
  }

  get id(): string {
    return this.client.options.clientId ?? "";
  }

  get texts(): readonly string[] {
    return this.packets.map(({ payload }) => payload.toString());
  }

  /** Resolves once so many messages have come in all. */
  received(count: number): Promise<readonly IPublishPacket[]> {
    return this.#until(() => this.packets.length >= count);
  }

  /** The same for different texts: with QoS 1 a message may come twice. */
  receivedTexts(count: number): Promise<readonly IPublishPacket[]> {
    return this.#until(() => new Set(this.texts).size >= count);
  }

  #until(holds: () => boolean): Promise<readonly IPublishPacket[]> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve(this.packets);
      };
      this.#waiting.add(check);
      check();
    });
  }
}
