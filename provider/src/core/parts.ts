import { Broadcasts } from "./broadcasts.ts";
import { Checks } from "./checks.ts";
import { ClientIds } from "./client-ids.ts";
import { Connector } from "./connector.ts";
import { Content } from "./content.ts";
import type { Context } from "./context.ts";
import { Inbound } from "./inbound.ts";
import { Line } from "./line.ts";
import { Outbox } from "./outbox.ts";
import type { Ticket } from "./ports.ts";
import { Presence } from "./presence.ts";
import { Publisher } from "./publisher.ts";
import { Repair } from "./repair.ts";
import type { ReloadReason, ReplicaPorts } from "./replica-contract.ts";
import { Room } from "./room.ts";
import { Saving } from "./saving.ts";
import { Sync } from "./sync.ts";

/** What the parts need of the replica that owns them. */
export interface Owner {
  readonly ticket: () => Ticket | null;
  readonly negotiated: (ticket: Ticket) => void;
  readonly reload: (reason: ReloadReason) => void;
}

export interface Parts {
  readonly line: Line;
  readonly room: Room;
  readonly content: Content;
  readonly outbox: Outbox;
  readonly publisher: Publisher;
  readonly saving: Saving;
  readonly repair: Repair;
  readonly checks: Checks;
  readonly presence: Presence;
  readonly broadcasts: Broadcasts;
  readonly connector: Connector;
  readonly inbound: Inbound;
  readonly sync: Sync;
  readonly clientIds: ClientIds;
  /** Whether somebody would hear a frame now. */
  readonly isHeard: () => boolean;
  /** Tells the room all own client ids and the own presence. */
  readonly introduce: () => void;
}

/** Who talks to whom. Nothing is started and nothing leaves. */
export function makeParts(context: Context, ports: ReplicaPorts, owner: Owner): Parts {
  const generationChanged = (): void => owner.reload("generation-changed");
  const outbox = new Outbox();
  const broadcasts = new Broadcasts();
  const clientIds = new ClientIds(context);
  const line = new Line(context, (reason) => connector.cut(reason));
  const content = new Content(context, (message) => {
    context.emit({ type: "connection-error", code: "document-broken", message });
    owner.reload("document-broken");
  });
  const room: Room = new Room(context, line, () => clientIds.all, {
    helloDone: () => undefined,
    companyCame: () => {
      introduce();
      publisher.republish();
    },
    answerHello: () => {
      introduce();
      publisher.republish();
    },
    expired: (session) => presence.left(session),
  });
  const isHeard = (): boolean => {
    const { phase } = connector.connection;
    return (phase === "joining" || phase === "online") && !room.isAlone;
  };
  const presence = new Presence(context, line, content.claims, isHeard);
  const introduce = (): void => {
    presence.publish(clientIds.all);
    clientIds.told();
  };
  const publisher = new Publisher(
    context,
    { outbox, line, room },
    {
      // Later on the same turn: an upload under way may be what closed the window.
      batched: (large) => (large ? context.turn.post(() => saving.uploads.send()) : undefined),
      takePresence: () => presence.take(),
    },
  );
  const repair = new Repair(context, content, {
    caughtUp: (pull) => sync.caughtUp(pull),
    failed: (failure) => sync.pullFailed(failure),
    generationChanged,
  });
  const saving = new Saving(
    context,
    { outbox, content, publisher },
    {
      generationChanged,
      suspectLog: () => repair.pullNow(),
      mustAnnounce: () => connector.connection.phase !== "online",
    },
  );
  const checks = new Checks(
    context,
    { content, repair, outbox },
    {
      adopt: (update) => saving.uploads.adopt(update),
      generationChanged,
    },
  );
  const inbound = new Inbound(
    context,
    { line, room, content, presence, publisher, repair, broadcasts, crypto: ports.crypto },
    {
      rejected: () => owner.reload("update-rejected"),
      renegotiate: () => connector.cut("renegotiate"),
      active: () => sync.active(),
    },
  );
  const connector: Connector = new Connector(
    context,
    { transport: ports.transport, line },
    {
      card: () => ({
        session: context.session,
        clientIds: clientIds.all,
        generation: owner.ticket()?.generation ?? null,
      }),
      negotiated: owner.negotiated,
      joined: (ticket) => sync.joined(ticket),
      interrupted: () => sync.interrupted(),
      resumed: () => sync.resumed(),
      received: (group, bytes, fromUserId) => inbound.receive(group, bytes, fromUserId),
      lost: () => sync.lost(),
      refused: () => {
        sync.stop();
        saving.uploads.rest();
      },
      generationChanged,
    },
  );
  const shared = { line, room, content, presence, publisher, repair, checks, saving, inbound, connector };
  const sync: Sync = new Sync(context, { ...shared, introduce });
  return { ...shared, outbox, broadcasts, sync, clientIds, isHeard, introduce };
}
