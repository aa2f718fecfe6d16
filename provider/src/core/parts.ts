import { Broadcasts } from "./broadcasts.ts";
import { Checks } from "./checks.ts";
import { ClientIds, unsavedClocks } from "./client-ids.ts";
import { Connector } from "./connector.ts";
import { Content, type ContentEvents } from "./content.ts";
import type { Context } from "./context.ts";
import { Flood } from "./flood.ts";
import { Greeting } from "./greeting.ts";
import { Identity } from "./identity.ts";
import { Inbound } from "./inbound.ts";
import { syncLimits } from "./limits.ts";
import { Line } from "./line.ts";
import { Members } from "./members.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { Papers } from "./papers.ts";
import type { IdentityMode, SessionCard, SessionId, Ticket } from "./ports.ts";
import { Presence } from "./presence.ts";
import { Publisher } from "./publisher.ts";
import { Repair } from "./repair.ts";
import type { PaceOptions, ReloadReason, ReplicaPorts, ReplicaQueues, StoredCopy } from "./replica-contract.ts";
import { Room } from "./room.ts";
import { Saving } from "./saving.ts";
import { Siblings } from "./siblings.ts";
import { SignedBatches } from "./signed-batches.ts";
import { Sync } from "./sync.ts";
import { TrafficMeter } from "./traffic.ts";

/** What the parts need of the replica that owns them. */
export interface Owner {
  readonly ticket: () => Ticket | null;
  readonly negotiated: (ticket: Ticket) => void;
  readonly reload: (reason: ReloadReason) => void;
  /** ID11, DU12: begin a new session. */
  readonly renew: (why: Lost | "user-changed") => void;
}

/** Client ids under which nobody takes our structs any more, and from which clocks on. */
export type Lost = ReadonlyMap<number, number>;

/** What a session takes over from the one before it on the same document. */
export interface Inheritance {
  readonly lost: Lost;
  /** Whose ids and sessions those are that it knows; null: this is the first session. */
  readonly content: Pick<Content, "claims" | "sessionOwners" | "writers"> | null;
  /** What others signed; null: as above. */
  readonly batches: SignedBatches | null;
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
  readonly identity: Identity;
  readonly members: Members;
  readonly batches: SignedBatches;
  readonly greeting: Greeting;
  readonly papers: Papers;
  readonly siblings: Siblings;
  /** ID11: another user goes on here. Answers the unsaved words that only their author could sign: they become this user's. */
  readonly formerUserLeaves: () => Lost;
  /** Whether somebody would hear a frame now. */
  readonly isHeard: () => boolean;
  /** Tells the room all own client ids and the own presence. */
  readonly introduce: () => void;
}

export interface Settings {
  readonly inherited: Inheritance;
  readonly identity: IdentityMode;
  readonly pace: PaceOptions | undefined;
  readonly copy: StoredCopy | undefined;
}

/** Who talks to whom. Nothing is started and nothing leaves. */
export function makeParts(context: Context, ports: ReplicaPorts, settings: Settings, owner: Owner): Parts {
  const generationChanged = (): void => owner.reload("generation-changed");
  const accessChanged = (): void => connector.renegotiate(room.size);
  const outbox = new Outbox();
  const broadcasts = new Broadcasts(context);
  const clientIds = new ClientIds(context);
  const pace = new Pace(context.clock, settings.pace);
  const { transport } = ports;
  const meter = new TrafficMeter((bytes) => transport.wireBytes?.(bytes) ?? bytes);
  const identity = new Identity(context, ports.crypto, settings.identity);
  const listeners = (): number => room.size - 1;
  const line = new Line(context, { meter, pace, identity, listeners }, (reason) => connector.cut(reason));
  const contentEvents: ContentEvents = {
    broken: (message) => {
      context.emit({ type: "connection-error", code: "document-broken", message });
      owner.reload("document-broken");
    },
    stored: (entry) => batches.stored(entry),
    usurped: () => owner.reload("client-clash"),
    clash: (clash, unheard, isFixed) => {
      const isOwn = unheard && saving.isOwn(clash.client);
      // A reader could tell nobody what it did with its copy of others' edits.
      const resolved = isOwn ? clientIds.giveWay(clash, isFixed) : !saving.isReaders && clientIds.bury(clash, isFixed);
      if (resolved) {
        owner.renew(new Map());
        saving.supersede();
      } else owner.reload("client-clash");
      return resolved;
    },
  };
  const content = new Content(context, contentEvents, settings.inherited.content);
  const room: Room = new Room(context, line, () => clientIds.all, {
    helloDone: () => undefined,
    companyCame: () => {
      introduce();
      publisher.republish();
    },
    answerHello: () => {
      greeting.answer();
      publisher.republish();
    },
    isSibling: (session) => siblings.has(session),
    expired: (session) => {
      presence.left(session);
      content.left(session);
      // SY8: what it left open is asked for once more, and given up.
      if (content.gaps.openCount > 0) repair.pullSoon(syncLimits.gapMs);
      greeting.left(session);
      members.left(session);
    },
  });
  const isHeard = (): boolean => {
    const { phase } = connector.connection;
    return (phase === "joining" || phase === "online") && !room.isAlone;
  };
  const { claims, sessionOwners } = content;
  const members = new Members(context, { crypto: ports.crypto, identity, sessionOwners });
  const batches = new SignedBatches(members, settings.inherited.batches);
  const certificates = {
    own: () => identity.certificate?.certificate ?? null,
    of: (session: SessionId) => members.certificate(session),
  };
  const tabs = {
    has: (session: SessionId) => siblings.has(session),
    presenceChanged: () => siblings.presenceChanged(),
  };
  const presence = new Presence(
    context,
    { line, claims, pace, certificates, tabs },
    { isHeard, members: () => room.size },
  );
  const greeting = new Greeting(
    context,
    { identity, members, line, presence, clientIds, room: () => room },
    { unnamed: () => papers.renew() },
  );
  const introduce = (): void => greeting.introduce();
  const publisher = new Publisher(
    context,
    { outbox, line, room, pace },
    {
      // Later on the same turn: an upload under way may be what closed the window.
      batched: (urgent, batches) => {
        siblings.tell(batches);
        // A server that fails is tried again with pauses, however much is typed.
        if (urgent) context.turn.post(() => (saving.uploads.isFailing ? undefined : saving.uploads.send()));
      },
      mayChunk: () => identity.mode === "stamped",
      takePresence: () => (line.hasLeft ? new Uint8Array(0) : presence.take()),
    },
  );
  const repair = new Repair(context, content, {
    caughtUp: (pull) => sync.caughtUp(pull),
    failed: (failure) => sync.pullFailed(failure),
    generationChanged,
    isHere: (session) => room.has(session),
  });
  const siblings: Siblings = new Siblings(context, {
    ...{ tabs: ports.tabs, outbox, content, presence, repair, room, broadcasts },
    clientIds: () => clientIds.all,
  });
  const saving = new Saving(
    context,
    { outbox, content, publisher, clientIds, lost: settings.inherited.lost, identity, batches },
    {
      generationChanged,
      sessionTaken: () => owner.renew("user-changed"),
      disowned: (lost) => owner.renew(lost),
      suspectLog: () => repair.pullNow(),
      accessChanged,
      mustAnnounce: () => connector.connection.phase !== "online",
    },
  );
  const checks = new Checks(
    context,
    { content, repair, outbox },
    {
      adopt: (lacked) => saving.adopt(lacked),
      isPhantom: (range) => saving.isUnsavable(range) && !room.has(content.writers.source(range.client)),
      neverSaved: () => owner.reload("never-saved"),
      ...{ generationChanged, accessChanged },
    },
  );
  const inbound = new Inbound(
    context,
    {
      ...{ line, room, content, presence, publisher, repair, broadcasts, pace, crypto: ports.crypto },
      ...{ identity, members, greeting, batches, siblings, flood: new Flood(context) },
    },
    {
      rejected: () => owner.reload("update-rejected"),
      renegotiate: accessChanged,
      sameUser: (session, ids) => {
        if (clientIds.heard(session, ids)) papers.renew();
      },
      active: () => sync.active(),
    },
  );
  const formerUserLeaves = (): Lost => {
    const written = [...unsavedClocks(outbox.everything).keys(), ...clientIds.all];
    clientIds.change();
    if (identity.mode === "signed") return new Map(written.map((client) => [client, 0]));
    content.claims.leave(written);
    return new Map();
  };
  const card = async (): Promise<SessionCard> => {
    await identity.ready();
    return {
      session: context.session,
      clientIds: clientIds.name(),
      generation: owner.ticket()?.generation ?? settings.copy?.generation ?? null,
      key: identity.publicKey,
    };
  };
  const papers: Papers = new Papers(context, identity, {
    card,
    renewed: (ticket) => {
      identity.negotiated(ticket);
      papers.negotiated(ticket);
      const lost = clientIds.resolve(ticket.clash);
      if (lost !== null) owner.renew(new Map([[lost, 0]]));
      else if (isHeard()) introduce();
    },
  });
  const connector: Connector = new Connector(
    context,
    { transport, line },
    {
      card,
      negotiated: owner.negotiated,
      joined: (ticket) => sync.joined(ticket),
      interrupted: () => sync.interrupted(),
      resumed: () => sync.resumed(),
      received: (group, bytes, fromUserId) => inbound.receive(group, bytes, fromUserId),
      lost: () => sync.lost(),
      refused: () => {
        sync.stop();
        siblings.leave();
        saving.uploads.rest();
      },
      outdated: owner.reload,
      sessionTaken: () => owner.renew("user-changed"),
    },
  );
  const shared = { line, room, content, presence, publisher, repair, checks, saving, inbound, connector };
  const sync: Sync = new Sync(context, { ...shared, identity, greeting, introduce });
  return {
    ...shared,
    siblings,
    outbox,
    broadcasts,
    sync,
    clientIds,
    identity,
    members,
    batches,
    greeting,
    papers,
    isHeard,
    introduce,
    formerUserLeaves,
  };
}

/** Sizes of the bounded queues. */
export function queuesOf({ inbound, content, outbox }: Parts): ReplicaQueues {
  return {
    buffered: inbound.buffered,
    held: content.heldFrames,
    unsavedBatches: outbox.unsaved.length,
    openGaps: content.gaps.openCount,
  };
}
