import { unreachable } from "./assert.ts";
import type { Connection } from "./connection.ts";
import type { Codec } from "./ports.ts";
import { sameText } from "./same-text.ts";

export interface RecoverRequest {
  readonly codec: Codec;
  readonly connectionId: string;
  readonly reconnectionToken: string;
}

/** Why a connection cannot be continued; undefined when it can. */
export function recoveryProblem(connection: Connection | undefined, request: RecoverRequest): string | undefined {
  if (connection === undefined) return "The connection is unknown or its recovery window is over.";
  const { reconnectionToken, codec } = connection.identity;
  if (reconnectionToken === undefined) return "The connection is not reliable.";
  if (!sameText(reconnectionToken, request.reconnectionToken)) return "The reconnection token is not valid.";
  if (codec !== request.codec) return `The connection speaks ${codec.subprotocol}.`;
  switch (connection.state.phase) {
    case "open":
    case "detached":
      return undefined;
    case "doomed":
    case "ended":
      return "The connection has ended.";
    default:
      throw unreachable(connection.state);
  }
}
