import type { Certificate } from "./certificate.ts";
import type { Claims } from "./claims.ts";
import type { Line } from "./line.ts";
import type { Pace } from "./pace.ts";
import type { SessionId } from "./ports.ts";

export interface PresenceRoom {
  /** Whether anybody would hear the own entry now. */
  readonly isHeard: () => boolean;
  /** This session included. */
  readonly members: () => number;
}

export interface Certificates {
  readonly own: () => Certificate | null;
  readonly of: (session: SessionId) => Certificate | null;
}

export interface PresenceParts {
  readonly line: Line;
  readonly claims: Claims;
  readonly pace: Pace;
  readonly certificates: Certificates;
  readonly tabs: PresenceTabs;
}

/** TB: the tabs beside this one. */
export interface PresenceTabs {
  readonly has: (session: SessionId) => boolean;
  readonly presenceChanged: () => void;
}
