import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { DocumentId, GroupName, UserId } from "y-webpubsub/core";
import type { Ceiling } from "./access-book.ts";
import type { Opened } from "./collab.ts";
import { accessLimits, httpLimits } from "./limits.ts";
import { type Log, reasonOf } from "./log-line.ts";
import type { Metrics } from "./metrics.ts";
import { groupsOf } from "./negotiate.ts";
import type { Notices } from "./notices.ts";

export interface AccessChangesPorts {
  readonly service: WebPubSubServiceClient;
  readonly notices: Notices;
  readonly metrics: Metrics;
  readonly log: Log;
  /** [0, 1) */
  readonly random: () => number;
}

/**
 * AC: changes of access while people are connected. First the rule becomes durable, then the room is told, then the
 * connections are closed; what the service does not do in time is done by every server's own look at the rule.
 */
export class AccessChanges {
  readonly #ports: AccessChangesPorts;
  readonly #later: Set<NodeJS.Timeout> = new Set();

  constructor(ports: AccessChangesPorts) {
    this.#ports = ports;
  }

  /** AC1, AC2. `user` null: `authorize` answers otherwise now, so everybody negotiates anew. */
  async change(
    { keys, documents, access }: Opened,
    document: DocumentId,
    user: { readonly userId: UserId; readonly ceiling: Ceiling | null } | null,
  ): Promise<void> {
    const { before } = await access.change(document, user);
    const { generation } = await documents.log(document).state();
    const old = groupsOf(keys, document, generation, before.accessEpoch);
    const room = { document, group: old.data, generation, accessEpoch: before.accessEpoch };
    this.#ports.notices.publish(keys.signer, room, { type: "renegotiate" });
    // A ceiling that was lifted takes nothing away: the notice is enough.
    if (user !== null && user.ceiling !== null) await this.#close(keys.memberGroup(document, user.userId));
    // Who hears the notice leaves by itself; nobody may stay behind in the old groups.
    this.#closeLater(old.presence);
  }

  /** The user in every document: uploads and tickets are refused, connections closed. Their rooms keep their names. */
  async setRevoked({ keys, access }: Opened, userId: UserId, revoked: boolean): Promise<void> {
    const changed = await access.setRevoked(userId, revoked);
    // Closed also when it was so before: the caller means it.
    if (revoked) {
      await this.#close(keys.userGroup(userId));
      const isRevoked = () => access.isRevoked(userId, { fresh: true });
      this.#closeAgain(keys.userGroup(userId), Date.now() + httpLimits.tokenMinutes * 60_000, isRevoked);
    }
    if (changed) this.#ports.metrics.count(revoked ? "users-revoked" : "users-admitted");
  }

  /** What was to be closed later is closed now by nobody: members find out at their next check (AC4). */
  stop(): void {
    for (const timer of this.#later) clearTimeout(timer);
    this.#later.clear();
  }

  #closeLater(group: GroupName): void {
    this.#after(accessLimits.graceMs * (1 + this.#ports.random()), () => void this.#close(group));
  }

  /** A token that was given out before is good for a new connection until it ends. `wanted`: nobody took it back. */
  #closeAgain(group: GroupName, untilMs: number, wanted: () => Promise<boolean>): void {
    if (Date.now() > untilMs) return;
    this.#after(accessLimits.graceMs * (1 + this.#ports.random()), () => {
      // A store that cannot be asked now is asked again the next time.
      void wanted().then(
        async (isWanted) => {
          if (!isWanted) return;
          await this.#close(group);
          this.#closeAgain(group, untilMs, wanted);
        },
        () => this.#closeAgain(group, untilMs, wanted),
      );
    });
  }

  #after(delayMs: number, act: () => void): void {
    if (this.#later.size >= accessLimits.closingsMax) {
      this.#ports.metrics.count("kicks-dropped");
      return;
    }
    const timer = setTimeout(() => {
      this.#later.delete(timer);
      act();
    }, delayMs);
    timer.unref();
    this.#later.add(timer);
  }

  async #close(group: GroupName): Promise<void> {
    const { service, metrics, log } = this.#ports;
    try {
      const abortSignal = AbortSignal.timeout(accessLimits.callMs);
      await service.group(group).closeAllConnections({ reason: "access-changed", abortSignal });
      metrics.count("kicks");
    } catch (error) {
      metrics.count("kicks-failed");
      log.write({ level: "warn", event: "kick-failed", reason: reasonOf(error) });
    }
  }
}
