import type { IConnackPacket } from "mqtt-packet";
import type { Connection } from "../core/connection.ts";
import type { Hub } from "../core/hub.ts";
import type { Inlet, Link } from "../core/link.ts";
import type { Cancel, Sink, UpstreamClient } from "../core/ports.ts";
import { type Greeting, keepAliveSecondsMax, readGreeting } from "./greeting.ts";
import { receiveMaximum } from "./outgoing.ts";
import { packetFrame, type UserProperties, userPropertiesOf } from "./packets.ts";
import { type Reason, reason, refusalCode, returnCode, type Version } from "./reasons.ts";
import { MqttSession } from "./session.ts";
import { Splitter } from "./splitter.ts";

/** What the token of the transport, or the handler of `connect`, lets a client do. */
export interface Admission {
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly userProperties?: UserProperties;
}

export type Verdict =
  | { readonly accepted: true; readonly admission: Admission }
  | {
      readonly accepted: false;
      /** As the handler of `connect` gave it; any code that the version does not know is "unspecified error". */
      readonly code: number;
      readonly reason: string;
      readonly userProperties?: UserProperties;
    };

export interface EntranceHost {
  readonly hub: Hub;
  /** Of this transport. */
  readonly physicalConnectionId: string;
  /** Answers at once unless an event handler is asked. Never rejects. */
  judge(greeting: Greeting, clientId: string): Verdict | Promise<Verdict>;
  /** What was kept for the question to the handler is not needed: the session goes on, or there is none. */
  forget(client: UpstreamClient, wasAccepted: boolean): void;
}

/** A client that opens a WebSocket has to say who it is before long. */
const connectMs = 10_000;

type State =
  | { readonly phase: "silent"; readonly stopWaiting: Cancel }
  | { readonly phase: "asking"; readonly early: Buffer[]; earlyBytes: number }
  | { readonly phase: "inside"; readonly link: Link }
  | { readonly phase: "over" };

/** What reads from an MQTT transport: first CONNECT, then everything else goes to the session. */
export class MqttEntrance implements Inlet {
  readonly #host: EntranceHost;
  readonly #sink: Sink;
  readonly #splitter: Splitter;
  #state: State;

  constructor(host: EntranceHost, sink: Sink) {
    this.#host = host;
    this.#sink = sink;
    this.#splitter = new Splitter(host.hub.limits.messageBytesMax);
    const stopWaiting = host.hub.clock.after(connectMs, () => this.#end(1002, "No CONNECT packet came."));
    this.#state = { phase: "silent", stopWaiting };
  }

  get hubName(): string {
    return this.#host.hub.name;
  }

  get connection(): Connection | undefined {
    return this.#state.phase === "inside" ? this.#state.link.connection : undefined;
  }

  receive(data: string | Uint8Array): void {
    const state = this.#state;
    switch (state.phase) {
      case "silent":
        this.#greet(data);
        break;
      case "asking":
        this.#keep(state, data);
        break;
      case "inside":
        state.link.receive(data);
        break;
      case "over":
        break;
    }
  }

  closed(code: number): void {
    if (this.#state.phase === "inside") this.#state.link.closed(code);
    else this.#over();
  }

  failed(code: number, problem: string): void {
    if (this.#state.phase === "inside") this.#state.link.failed(code, problem);
    else this.#over();
  }

  writable(): void {
    if (this.#state.phase === "inside") this.#state.link.writable();
  }

  #greet(data: string | Uint8Array): void {
    if (typeof data === "string") {
      this.#end(1003, "MQTT packets come in binary frames.");
      return;
    }
    const rest: Buffer[] = [];
    let first: Buffer | undefined;
    for (const split of this.#splitter.push(Buffer.from(data.buffer, data.byteOffset, data.length))) {
      if (!split.ok) {
        this.#end(1002, "The first packet is not valid.");
        return;
      }
      if (first === undefined) first = split.packet;
      else rest.push(split.packet);
    }
    if (first === undefined) return;
    rest.push(this.#splitter.take());
    const { groupNameCharsMax, recoveryMs } = this.#host.hub.limits;
    const read = readGreeting(first, { groupNameCharsMax, sessionSecondsMax: Math.floor(recoveryMs / 1_000) });
    if (read.ok) void this.#ask(read.greeting, rest);
    else this.#refuse(read.version, read.code, read.problem);
  }

  async #ask(greeting: Greeting, early: Buffer[]): Promise<void> {
    this.#stopWaiting();
    const { hub } = this.#host;
    const clientId = greeting.clientId === "" ? assignedId(hub) : greeting.clientId;
    if (hub.full && !hub.connections.has(clientId)) {
      this.#refuse(greeting.version, reason.serverUnavailable, "The hub is full.");
      return;
    }
    const asking = { phase: "asking", early, earlyBytes: 0 } as const;
    this.#state = asking;
    const judged = this.#host.judge(greeting, clientId);
    const verdict = judged instanceof Promise ? await judged : judged;
    if (this.#state !== asking) {
      this.#host.forget(this.#client(clientId), verdict.accepted);
      return;
    }
    if (!verdict.accepted) {
      const code = refusalCode(verdict.code, greeting.version);
      this.#refuseWith(greeting.version, code, verdict.reason, verdict.userProperties);
      return;
    }
    this.#enter(greeting, clientId, verdict.admission);
    for (const packet of asking.early) this.receive(packet);
  }

  #keep(state: Extract<State, { phase: "asking" }>, data: string | Uint8Array): void {
    if (typeof data === "string") {
      this.#end(1003, "MQTT packets come in binary frames.");
      return;
    }
    state.earlyBytes += data.length;
    // Each kept frame costs more than its bytes.
    if (state.earlyBytes > this.#host.hub.limits.messageBytesMax || state.early.length >= earlyFramesMax) {
      this.#end(1009, "Too much was sent before the answer to CONNECT.");
      return;
    }
    state.early.push(Buffer.from(data));
  }

  #enter(greeting: Greeting, clientId: string, admission: Admission): void {
    const { hub, physicalConnectionId } = this.#host;
    const known = hub.connections.get(clientId);
    const session = known?.identity.speaker;
    if (known !== undefined && (!(session instanceof MqttSession) || known.identity.userId !== admission.userId)) {
      this.#host.forget(this.#client(clientId), true);
      this.#refuse(greeting.version, reason.clientIdNotValid, "Somebody else has this client id.");
      return;
    }
    if (known !== undefined && session instanceof MqttSession) {
      const goesOn = !greeting.cleanStart && session.version === greeting.version;
      session.takenOver();
      if (goesOn && known.state.phase === "detached") {
        this.#host.forget(this.#client(clientId), false);
        const link = hub.replaceTransport(known, this.#sink);
        this.#state = { phase: "inside", link };
        const connack = connackOf(greeting, clientId, admission, true, receiveMaximum(hub.limits));
        session.open(known, greeting, physicalConnectionId, connack);
        return;
      }
      if (known.state.phase !== "ended") hub.expel(known, 1000, "A new session has begun.");
    }
    this.#begin(greeting, clientId, admission);
  }

  #begin(greeting: Greeting, clientId: string, admission: Admission): void {
    const { hub, physicalConnectionId } = this.#host;
    // Others may have come in while the handler was asked.
    if (hub.full) {
      this.#host.forget(this.#client(clientId), true);
      this.#refuse(greeting.version, reason.serverUnavailable, "The hub is full.");
      return;
    }
    const { userId, roles, groups } = admission;
    const session = new MqttSession(hub, greeting, physicalConnectionId);
    const link = hub.connect(
      {
        codec: session.codec,
        connectionId: clientId,
        roles,
        groups,
        speaker: session,
        ...(userId === undefined ? {} : { userId }),
      },
      this.#sink,
    );
    this.#state = { phase: "inside", link };
    const connack = connackOf(greeting, clientId, admission, false, receiveMaximum(hub.limits));
    session.open(link.connection, greeting, physicalConnectionId, connack);
  }

  #client(connectionId: string): UpstreamClient {
    const { physicalConnectionId } = this.#host;
    return {
      connectionId,
      userId: undefined,
      subprotocol: "mqtt",
      session: { physicalConnectionId, sessionId: undefined },
    };
  }

  #refuse(version: Version, code: Reason, problem: string): void {
    this.#refuseWith(version, version === 5 ? code : returnCode(code), problem, []);
  }

  #refuseWith(version: Version, code: number, problem: string, userProperties: UserProperties = []): void {
    const packet: IConnackPacket = {
      cmd: "connack",
      sessionPresent: false,
      ...(version === 5 ? { reasonCode: code } : { returnCode: code }),
      properties: { reasonString: problem, ...userPropertiesOf(userProperties) },
    };
    this.#sink.write([packetFrame(packet, version)]);
    this.#end(1000, "");
  }

  #end(code: number, problem: string): void {
    this.#sink.close(code, problem);
    this.#over();
  }

  #over(): void {
    this.#stopWaiting();
    this.#state = { phase: "over" };
  }

  #stopWaiting(): void {
    if (this.#state.phase === "silent") this.#state.stopWaiting();
  }
}

const earlyFramesMax = 1_000;

/** Client ids are letters and digits only. */
function assignedId(hub: Hub): string {
  return hub.newConnectionId().replace(/[^0-9A-Za-z]/g, "0");
}

function connackOf(
  greeting: Greeting,
  clientId: string,
  { userProperties = [] }: Admission,
  sessionPresent: boolean,
  serverReceiveMaximum: number,
): IConnackPacket {
  if (greeting.version === 4) return { cmd: "connack", sessionPresent, returnCode: 0 };
  return {
    cmd: "connack",
    sessionPresent,
    reasonCode: reason.success,
    properties: {
      receiveMaximum: serverReceiveMaximum,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      topicAliasMaximum: 0,
      ...(greeting.clientId === "" ? { assignedClientIdentifier: clientId } : {}),
      ...(greeting.keepAliveChanged ? { serverKeepAlive: keepAliveSecondsMax } : {}),
      ...(greeting.sessionExpiryChanged ? { sessionExpiryInterval: greeting.sessionExpirySeconds } : {}),
      ...userPropertiesOf(userProperties),
    },
  };
}
