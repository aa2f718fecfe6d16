import type { Connection } from "./connection.ts";
import { clientOf } from "./events.ts";
import type { Hub } from "./hub.ts";
import type { ControlMessage, Payload } from "./ports.ts";

/** Events of one connection whose sender waits for the answer. */
export class Invocations {
  readonly #hub: Hub;
  readonly #connection: Connection;
  readonly #running: Set<string> = new Set();

  constructor(hub: Hub, connection: Connection) {
    this.#hub = hub;
    this.#connection = connection;
  }

  /** An id that is still running is not run twice: its one answer is for both. */
  invoke(invocationId: string, event: string, payload: Payload): void {
    if (this.#running.has(invocationId)) return;
    const { invocationsMax } = this.#hub.limits;
    if (this.#running.size >= invocationsMax) {
      const message = `${invocationsMax} invocations of the connection wait for their answer already.`;
      this.#connection.say({ type: "invokeFailed", invocationId, error: { name: "BadRequest", message } });
      return;
    }
    this.#running.add(invocationId);
    this.#hub.upstream.event(clientOf(this.#connection), { event, payload }, (outcome) => {
      if (!this.#running.delete(invocationId)) return;
      const answer: ControlMessage = outcome.handled
        ? { type: "invoked", invocationId, reply: outcome.reply }
        : {
            type: "invokeFailed",
            invocationId,
            error: { name: "InternalServerError", message: "Internal server error" },
          };
      this.#connection.say(answer);
    });
  }

  /** The event itself goes on: its handler has it. The answer is not told any more. */
  cancel(invocationId: string): void {
    this.#running.delete(invocationId);
  }
}
