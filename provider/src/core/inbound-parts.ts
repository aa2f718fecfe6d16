import type { Broadcasts } from "./broadcasts.ts";
import type { Content } from "./content.ts";
import type { Flood } from "./flood.ts";
import type { Greeting } from "./greeting.ts";
import type { Identity } from "./identity.ts";
import type { Line } from "./line.ts";
import type { Members } from "./members.ts";
import type { Pace } from "./pace.ts";
import type { Crypto, SessionId } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Publisher } from "./publisher.ts";
import type { Repair } from "./repair.ts";
import type { Room } from "./room.ts";
import type { Siblings } from "./siblings.ts";
import type { SignedBatches } from "./signed-batches.ts";

export interface InboundParts {
  readonly line: Line;
  readonly room: Room;
  readonly content: Content;
  readonly presence: Presence;
  readonly publisher: Publisher;
  readonly repair: Repair;
  readonly broadcasts: Broadcasts;
  readonly siblings: Siblings;
  readonly pace: Pace;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly members: Members;
  readonly greeting: Greeting;
  readonly batches: SignedBatches;
  readonly flood: Flood;
}

export interface InboundEvents {
  readonly rejected: () => void;
  readonly renegotiate: () => void;
  /** DU12: another session of this user has these client ids. */
  readonly sameUser: (session: SessionId, clientIds: readonly number[]) => void;
  /** SY9, SY10: something happened in the room. */
  readonly active: () => void;
}
