import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { GroupName, Link, LinkEvent } from "y-webpubsub/core";

export const group = "room" as GroupName;

export interface Heard {
  readonly link: Link;
  readonly events: LinkEvent[];
  /** Resolves with the first event of the type that was not taken before. */
  next<Type extends LinkEvent["type"]>(type: Type): Promise<Extract<LinkEvent, { type: Type }>>;
}

/** Makes client URLs the way the server does: with the official server SDK. */
export function accessTo(connectionString: string, roles: readonly string[], userId: string): () => Promise<string> {
  const client = new WebPubSubServiceClient(connectionString, "collab", { allowInsecureConnection: true });
  return async () => (await client.getClientAccessToken({ userId, roles: [...roles], groups: [group] })).url;
}

/** Opens a link and records what it tells. */
export function record(open: (on: (event: LinkEvent) => void) => Link): Heard {
  const events: LinkEvent[] = [];
  const taken = new Set<LinkEvent>();
  const waiting = new Set<() => void>();
  const link = open((event) => {
    events.push(event);
    for (const look of waiting) look();
  });
  return {
    link,
    events,
    next<Type extends LinkEvent["type"]>(type: Type) {
      return new Promise<Extract<LinkEvent, { type: Type }>>((resolve) => {
        const look = (): void => {
          const event = events.find((one) => one.type === type && !taken.has(one));
          if (event === undefined) return;
          waiting.delete(look);
          taken.add(event);
          resolve(event as Extract<LinkEvent, { type: Type }>);
        };
        waiting.add(look);
        look();
      });
    },
  };
}
