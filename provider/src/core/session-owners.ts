import { syncLimits } from "./limits.ts";
import type { SessionId, UserId } from "./ports.ts";
import type { Sender } from "./replica-contract.ts";

/** ID2: a session belongs to one user: whom the log names, else whoever was first heard under it. */
export class SessionOwners {
  private readonly owners = new Map<SessionId, UserId>();

  /** The server's word. */
  learn(session: SessionId, userId: UserId): void {
    this.owners.delete(session);
    this.owners.set(session, userId);
    if (this.owners.size > syncLimits.sessionsMax) this.owners.delete(this.owners.keys().next().value ?? session);
  }

  /** False: a negotiation can name any session; this one is another user's. */
  accepts({ session, userId }: Sender): boolean {
    const owner = this.owners.get(session);
    if (owner === undefined) this.learn(session, userId);
    return owner === undefined || owner === userId;
  }
}
