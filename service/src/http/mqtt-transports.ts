import type { IncomingMessage } from "node:http";
import type { Hub } from "../core/hub.ts";
import type { Sink } from "../core/ports.ts";
import { MqttEntrance, type Verdict } from "../mqtt/entrance.ts";
import type { Greeting } from "../mqtt/greeting.ts";
import { reason } from "../mqtt/reasons.ts";
import type { ConnectVerdict } from "../upstream/connect-event.ts";
import type { HttpUpstream } from "../upstream/http-upstream.ts";
import type { ClientAccess } from "./client-access.ts";

/** One MQTT client whose token is good. It says who it is only once its WebSocket is open. */
export interface MqttNewcomer {
  readonly hub: Hub;
  readonly access: ClientAccess;
  readonly upstream: HttpUpstream;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headersDistinct"];
  readonly subprotocols: readonly string[];
}

/** Opens MQTT transports, and asks the event handlers about their CONNECT packets. */
export class MqttTransports {
  readonly #waitingMax: number;
  #waiting = 0;

  /** `waitingMax`: clients that wait for the handler of `connect`; one more is told that the server is unavailable. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  open(newcomer: MqttNewcomer, sink: Sink): MqttEntrance {
    const { hub, access, upstream } = newcomer;
    const physicalConnectionId = hub.newConnectionId();
    const admitted: Verdict = { accepted: true, admission: access };
    return new MqttEntrance(
      {
        hub,
        physicalConnectionId,
        judge: (greeting, clientId) =>
          upstream.asksFirst ? this.#ask(newcomer, greeting, clientId, physicalConnectionId) : admitted,
        forget: (client, wasAccepted) => {
          if (wasAccepted && upstream.asksFirst)
            upstream.disconnected(client, "The client left before its session began.");
          else upstream.forget(client);
        },
      },
      sink,
    );
  }

  async #ask(
    { access, upstream, query, headers, subprotocols }: MqttNewcomer,
    greeting: Greeting,
    connectionId: string,
    physicalConnectionId: string,
  ): Promise<Verdict> {
    if (this.#waiting >= this.#waitingMax) {
      return {
        accepted: false,
        code: reason.serverUnavailable,
        reason: "Too many clients wait for their event handler.",
      };
    }
    const { userId, claims } = access;
    const { version: protocolVersion, cleanStart, username, password, userProperties } = greeting;
    this.#waiting += 1;
    const verdict = await upstream.connect({
      connectionId,
      userId,
      claims,
      query,
      headers,
      subprotocols,
      mqtt: { protocolVersion, cleanStart, username, password, userProperties },
      session: { physicalConnectionId, sessionId: undefined },
    });
    this.#waiting -= 1;
    return verdictOf(verdict, access, protocolVersion);
  }
}

function verdictOf(verdict: ConnectVerdict, access: ClientAccess, version: 4 | 5): Verdict {
  if (verdict.accepted) {
    const { userId = access.userId, roles = access.roles, groups = access.groups, userProperties } = verdict.grant;
    const admission = { userId: userId === "" ? undefined : userId, roles, groups };
    return { accepted: true, admission: userProperties === undefined ? admission : { ...admission, userProperties } };
  }
  if (verdict.mqtt !== undefined) return { accepted: false, ...verdict.mqtt };
  const forbidden = verdict.status === 401 || verdict.status === 403;
  if (version === 4) return { accepted: false, code: forbidden ? 5 : 3, reason: verdict.reason };
  return { accepted: false, code: forbidden ? reason.notAuthorized : reason.unspecified, reason: verdict.reason };
}
