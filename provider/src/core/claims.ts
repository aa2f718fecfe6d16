import { syncLimits } from "./limits.ts";
import type { Claim, UserId } from "./ports.ts";

/** ID4: which user a Yjs client id belongs to, as far as this replica knows. */
export class Claims {
  private readonly stored = new Map<number, UserId>();
  private readonly announced = new Map<number, UserId>();
  private readonly left = new Set<number>();

  /** The server's word; it outranks what was announced. Answers the ids that somebody else had announced as theirs. */
  learn(claims: readonly Claim[]): readonly number[] {
    const usurped: number[] = [];
    for (const { client, userId } of claims) {
      if (!this.stored.has(client) && this.stored.size >= syncLimits.claimsMax) continue;
      if ((this.announced.get(client) ?? userId) !== userId) usurped.push(client);
      this.stored.set(client, userId);
      this.announced.delete(client);
    }
    return usurped;
  }

  /** ID4: the first user to announce an id keeps it, if nobody holds it and no struct of it is known here. */
  announce(clientIds: readonly number[], userId: UserId, structsKnown: (client: number) => boolean): void {
    for (const client of clientIds) {
      if (this.owner(client) !== null || structsKnown(client)) continue;
      if (this.announced.size < syncLimits.claimsMax) this.announced.set(client, userId);
    }
  }

  /** ID11: what is unsaved of these ids was written here, by the user that the page had before, and is saved from here. */
  leave(clients: Iterable<number>): void {
    for (const client of clients) this.left.add(client);
  }

  isLeft(client: number): boolean {
    return this.left.has(client);
  }

  owner(client: number): UserId | null {
    return this.stored.get(client) ?? this.announced.get(client) ?? null;
  }
}
