import type { IConnackPacket, Packet } from "mqtt-packet";
import type { Connection } from "../core/connection.ts";
import type { Hub } from "../core/hub.ts";
import type { Message } from "../core/message.ts";
import { frameBytes } from "../core/message.ts";
import { UnnumberedFrame } from "../core/numbered-frame.ts";
import type { Cancel, ControlMessage, EndingDetails, Frame, SessionNames } from "../core/ports.ts";
import type { Speaker } from "../core/speaker.ts";
import { type MqttCodec, mqttCodecs } from "./codec.ts";
import type { Greeting, Will } from "./greeting.ts";
import { publishWill, servePacket } from "./incoming.ts";
import { type Delivery, Outgoing, receiveMaximum } from "./outgoing.ts";
import { packetFrame, readPacket } from "./packets.ts";
import { type QoS, topicOf, wholeFrame } from "./publish-frame.ts";
import { type Reason, reason, type Version } from "./reasons.ts";
import { Splitter } from "./splitter.ts";

/** What a client asked for when it subscribed. */
export interface Subscription {
  readonly qos: QoS;
  /** Own publishes do not come back. */
  readonly noLocal: boolean;
  readonly id: number | undefined;
}

/** Of a group that the server joined the client to: the defaults of MQTT. */
const usualSubscription: Subscription = { qos: 0, noLocal: false, id: undefined };
/** Messages of no group need no subscription. */
const usualServerQoS = 1;
/** Messages of other protocols and of REST calls. */
const usualMessageQoS = 1;

/** One MQTT session: everything its client is owed, over one transport after the other. */
export class MqttSession implements Speaker {
  readonly hub: Hub;
  readonly codec: MqttCodec;
  readonly subscriptions: Map<string, Subscription> = new Map();
  /** QoS 2: ids of publishes that were taken and not released yet. */
  readonly received: Set<number> = new Set();
  readonly outgoing: Outgoing;
  readonly #sessionId: string;
  #greeting: Greeting;
  #physicalConnectionId: string;
  #connection: Connection | undefined;
  #splitter: Splitter;
  #heardAt = 0;
  #stopKeepAlive: Cancel = () => undefined;
  #cancelWill: Cancel | undefined;
  #will: Will | undefined;
  #expirySeconds: number;
  #ending: EndingDetails = { initiatedByClient: false, disconnectPacket: undefined };

  constructor(hub: Hub, greeting: Greeting, physicalConnectionId: string) {
    this.hub = hub;
    this.codec = mqttCodecs[greeting.version];
    this.#sessionId = hub.newConnectionId();
    this.#physicalConnectionId = physicalConnectionId;
    this.#greeting = greeting;
    this.#will = greeting.will;
    this.#expirySeconds = greeting.sessionExpirySeconds;
    this.#splitter = new Splitter(hub.limits.messageBytesMax);
    const { unackedMessagesMax: messagesMax, unackedBytesMax: bytesMax } = hub.limits;
    this.outgoing = new Outgoing({ messagesMax, bytesMax });
  }

  get version(): Version {
    return this.codec.version;
  }

  get names(): SessionNames {
    return { physicalConnectionId: this.#physicalConnectionId, sessionId: this.#sessionId };
  }

  get connection(): Connection {
    if (this.#connection === undefined) throw new Error("Broken belief: a session has its connection.");
    return this.#connection;
  }

  get expirySeconds(): number {
    return this.#expirySeconds;
  }

  /** How many publishes with QoS 2 of the client may be unfinished. */
  get receivedMax(): number {
    return receiveMaximum(this.hub.limits);
  }

  /** A transport for the session, its first or a further one: CONNACK, then what the client may have missed. */
  open(connection: Connection, greeting: Greeting, physicalConnectionId: string, connack: IConnackPacket): void {
    this.#connection = connection;
    this.#greeting = greeting;
    this.#physicalConnectionId = physicalConnectionId;
    this.#will = greeting.will;
    this.#expirySeconds = greeting.sessionExpirySeconds;
    this.#cancelWill?.();
    this.#cancelWill = undefined;
    this.#splitter = new Splitter(this.hub.limits.messageBytesMax);
    this.#ending = { initiatedByClient: false, disconnectPacket: undefined };
    this.send(connack);
    this.#sendAgain();
    this.pump();
    this.#heardAt = this.hub.clock.now();
    this.#watch();
  }

  send(packet: Packet): void {
    this.#hold(packetFrame(packet, this.version));
  }

  deliver(message: Message): void {
    const subscription = this.subscriptions.get(topicOf(message));
    const usual = message.source.from === "server" ? usualServerQoS : usualSubscription.qos;
    const qos = Math.min(message.payload.mqtt?.qos ?? usualMessageQoS, subscription?.qos ?? usual);
    this.dispatch(message, qos === 0 || qos === 1 ? qos : 2, { subscriptionId: subscription?.id });
  }

  /** At most once, and with nothing added for this client alone. */
  follows(group: string): boolean {
    const { qos, id } = this.subscriptions.get(group) ?? usualSubscription;
    const takesAll = this.#greeting.packetBytesMax === Number.POSITIVE_INFINITY;
    return qos === 0 && id === undefined && takesAll && this.connection.state.phase === "open";
  }

  /** One message for this client. What has QoS 0 is not kept for a later transport. */
  dispatch(message: Message, qos: QoS, to: Pick<Delivery, "subscriptionId" | "topic">): void {
    if (qos === 0) {
      if (this.connection.state.phase === "open") this.#hold(this.#unconfirmed(message, to), message.expiresAt);
    } else if (this.outgoing.add({ message, qos, ...to })) {
      this.pump(true);
    } else {
      this.connection.doom("Too many messages without an acknowledgement.");
    }
  }

  /** Sends what waits, as far as the client can take it. `fresh`: what waits has come this very moment. */
  pump(fresh = false): void {
    if (this.connection.state.phase !== "open") return;
    const now = this.hub.clock.now();
    for (;;) {
      const next = this.outgoing.next(now, this.#greeting.receiveMaximum);
      if (next === undefined) return;
      const { packetId, delivery } = next;
      if (this.#tooLarge(delivery)) this.outgoing.settled(packetId);
      else this.#sendNumbered(packetId, delivery, fresh);
    }
  }

  say(message: ControlMessage): void {
    if (message.type === "disconnected") this.#sayGoodbye(reason.administrative, message.message);
  }

  receive(data: string | Uint8Array): void {
    this.#heardAt = this.hub.clock.now();
    if (typeof data === "string") {
      this.fail(reason.malformed, "MQTT packets come in binary frames.", 1003);
      return;
    }
    for (const split of this.#splitter.push(asBuffer(data))) {
      if (!split.ok) {
        this.fail(split.problem === "malformed" ? reason.malformed : reason.packetTooLarge, "The packet is not valid.");
        return;
      }
      this.#receivePacket(split.packet);
      if (this.connection.state.phase !== "open") return;
    }
  }

  /** The client has broken the protocol: the session ends. `closeCode`: of the WebSocket. */
  fail(code: Reason, text: string, closeCode = 1002): void {
    this.#sayGoodbye(code, text);
    this.hub.expel(this.connection, closeCode, text);
  }

  /** DISCONNECT of the client. A code but 0 keeps the will. */
  leave(code: number, ending: EndingDetails, expirySeconds: number | undefined): void {
    this.#ending = ending;
    if (code === reason.success) this.#will = undefined;
    if (expirySeconds !== undefined) this.#expirySeconds = expirySeconds;
    this.#dropTransport(1000);
  }

  /** Another transport has come with the same client id. */
  takenOver(): void {
    this.#sayGoodbye(reason.sessionTakenOver, "Another connection has taken over the session.");
    this.#dropTransport(1000);
  }

  transportLost(): number {
    this.#stopKeepAlive();
    const waitMs = this.#expirySeconds * 1_000;
    const will = this.#will;
    if (will !== undefined && waitMs > 0 && will.delayMs < waitMs) {
      this.#cancelWill = this.hub.clock.after(will.delayMs, () => this.#publishWill());
    }
    return waitMs;
  }

  left(group: string): void {
    this.subscriptions.delete(group);
  }

  ended(): EndingDetails {
    this.#stopKeepAlive();
    this.#cancelWill?.();
    this.#publishWill();
    return this.#ending;
  }

  #publishWill(): void {
    const will = this.#will;
    this.#will = undefined;
    if (will !== undefined) publishWill(this, will);
  }

  #receivePacket(bytes: Buffer): void {
    if (bytes[0] === pubackByte && bytes.length === 4) {
      this.outgoing.settled(bytes.readUInt16BE(2));
      this.pump();
      return;
    }
    const packet = readPacket(bytes, this.version);
    if (typeof packet === "string") this.fail(reason.malformed, packet);
    else servePacket(this, packet);
  }

  /** After one and a half times the agreed silence the client is gone: the session may go on. */
  #watch(): void {
    const patienceMs = this.#greeting.keepAliveSeconds * 1_500;
    const silentMs = this.hub.clock.now() - this.#heardAt;
    if (silentMs >= patienceMs) {
      this.#sayGoodbye(reason.keepAliveTimeout, "Nothing was heard for one and a half times the keep-alive time.");
      this.#dropTransport(1006);
    } else {
      this.#stopKeepAlive = this.hub.clock.after(patienceMs - silentMs, () => this.#watch());
    }
  }

  /** `code` 1006: as if the line were cut. */
  #dropTransport(code: 1000 | 1006): void {
    const { state } = this.connection;
    if (state.phase !== "open") return;
    this.connection.flushAnyway();
    state.link.sink.close(1000, "");
    this.hub.transportClosed(this.connection, code);
  }

  #sayGoodbye(code: Reason, text: string): void {
    if (this.connection.state.phase !== "open" || this.version === 4) return;
    this.#ending = { initiatedByClient: false, disconnectPacket: { code } };
    const properties = this.#greeting.problemInformation ? { properties: { reasonString: text } } : {};
    this.send({ cmd: "disconnect", reasonCode: code, ...properties });
  }

  #sendAgain(): void {
    for (const { packetId, delivery, released } of this.outgoing.again(this.hub.clock.now())) {
      if (released) this.send({ cmd: "pubrel", messageId: packetId });
      else this.#sendWhole(packetId, delivery, true);
    }
  }

  #sendNumbered(packetId: number, delivery: Delivery, fresh: boolean): void {
    const { message, qos, subscriptionId, topic } = delivery;
    const encoding = qos === 1 ? this.codec.atLeastOnce : this.codec.exactlyOnce;
    const shared = subscriptionId === undefined && topic === undefined && (fresh || message.expiresAt === undefined);
    const frame = shared ? message.frameFor(encoding) : undefined;
    if (frame instanceof UnnumberedFrame) this.connection.holdNumbered(frame, packetId);
    else this.#sendWhole(packetId, delivery, false);
  }

  #sendWhole(packetId: number, { message, qos, subscriptionId, topic }: Delivery, repeated: boolean): void {
    const left = message.expiresAt === undefined ? undefined : message.expiresAt - this.hub.clock.now();
    const secondsLeft = left === undefined ? undefined : Math.max(1, Math.ceil(left / 1_000));
    const named = topic === undefined ? {} : { topic };
    this.#hold(wholeFrame(message, this.version, qos, { packetId, repeated, subscriptionId, secondsLeft, ...named }));
  }

  #unconfirmed(message: Message, { subscriptionId, topic }: Pick<Delivery, "subscriptionId" | "topic">): Frame {
    if (subscriptionId === undefined && topic === undefined) return message.frameFor(this.codec);
    const secondsLeft = message.ttlSeconds;
    const named = topic === undefined ? {} : { topic };
    return wholeFrame(message, this.version, 0, { subscriptionId, secondsLeft, ...named });
  }

  #tooLarge({ message }: Delivery): boolean {
    const { packetBytesMax } = this.#greeting;
    if (packetBytesMax === Number.POSITIVE_INFINITY) return false;
    return frameBytes(wholeFrame(message, this.version, 1, {})) > packetBytesMax;
  }

  /** What is larger than the client takes is not sent, as if it had been. */
  #hold(frame: Frame, expiresAt?: number): void {
    if (frameBytes(frame) <= this.#greeting.packetBytesMax) this.connection.hold(frame, expiresAt);
  }
}

const pubackByte = 0x40;

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length);
}
