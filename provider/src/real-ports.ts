import type { Drops, Server, Ticket } from "./core/ports.ts";
import type { ReplicaPorts } from "./core/replica-contract.ts";
import type { ResolvedOptions } from "./options.ts";
import type { CopyPlace } from "./persistence.ts";
import { systemClock } from "./ports/clock.ts";
import { webCrypto } from "./ports/crypto.ts";
import { systemRandom } from "./ports/random.ts";
import { serverApi } from "./ports/server-api.ts";
import { browserTabs } from "./ports/tabs.ts";
import { webPubSubTransport } from "./ports/transport.ts";
import type { Line } from "./shared-connection/connection.ts";

export interface PortEvents {
  /** The only place where the server says who we are. What it throws is the failure of the negotiation. */
  readonly introduced: (ticket: Ticket) => void;
}

export interface PortParts {
  readonly place: CopyPlace;
  readonly options: ResolvedOptions;
  readonly drops: Drops;
  /** On a shared connection; null: a connection of its own. */
  readonly line: Line | null;
}

/** The real ports of one provider. */
export function realPorts({ place, options, drops, line }: PortParts, events: PortEvents): ReplicaPorts {
  const clock = systemClock();
  const tabs = options.crossTab ? browserTabs(place, drops) : null;
  return {
    transport: line?.transport ?? webPubSubTransport({ protocol: options.protocol, clock, drops }),
    server: introduced(line?.server ?? serverApi(new URL(place.server), clock, options), events),
    clock,
    random: systemRandom(),
    crypto: webCrypto(),
    drops,
    ...(tabs === null ? {} : { tabs }),
  };
}

function introduced(server: Server, events: PortEvents): Server {
  return {
    ...server,
    negotiate: async (document, card, signal) => {
      const ticket = await server.negotiate(document, card, signal);
      events.introduced(ticket);
      return ticket;
    },
  };
}
