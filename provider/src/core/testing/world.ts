import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Certificate } from "../certificate.ts";
import { bytesEqual, digestOf } from "../digest.ts";
import { DropCounts } from "../drops.ts";
import { encodeFrame, type Frame } from "../frame.ts";
import type { Crypto, DocumentId, GroupName, IdentityMode, SessionId, Tabs, UserId } from "../ports.ts";
import { Replica } from "../replica.ts";
import type { PaceOptions, ReplicaEvent } from "../replica-contract.ts";
import { makeSessionId, senderName } from "../session-id.ts";
import { FakeServer } from "./fake-server.ts";
import { FakeService, groups } from "./fake-service.ts";
import { certificateFor, serverKey, twinCrypto } from "./identity-world.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface Member {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  readonly awareness: Awareness;
  readonly replica: Replica;
  readonly session: SessionId;
  /** What the service stamps on its frames. */
  readonly sender: string;
  readonly events: ReplicaEvent[];
  readonly drops: DropCounts;
}

/** Test support: what the other's awareness state is called at this member. */
export function nameSeenBy(member: Member, other: Member): unknown {
  return member.awareness.getStates().get(other.awareness.clientID)?.["name"];
}

/** Test support: a virtual clock, a room, a server, and as many members as asked for. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly service: FakeService = new FakeService(this.clock);
  readonly server: FakeServer = new FakeServer(this.clock);
  readonly members: Member[] = [];
  /** Signatures whose first byte is 1 are valid. */
  crypto: Crypto = {
    verify: (_key: Uint8Array, _message: Uint8Array, signature: Uint8Array) => Promise.resolve(signature[0] === 1),
  };
  private readonly random: SeededRandom;

  private readonly pace: PaceOptions | undefined;
  identity: IdentityMode | undefined;

  constructor(seed = 1, pace?: PaceOptions) {
    this.random = new SeededRandom(seed);
    this.pace = pace;
  }

  member(user: string, doc: Y.Doc = new Y.Doc(), tabs?: Tabs): Member {
    doc.clientID = this.random.below(2 ** 32);
    const awareness = new Awareness(doc);
    const session = makeSessionId(this.random);
    const sender = senderName(session, user as UserId);
    const events: ReplicaEvent[] = [];
    const drops = new DropCounts();
    const replica = new Replica({
      doc,
      awareness,
      document: "doc" as DocumentId,
      session,
      ports: {
        transport: this.service.transport(sender),
        server: this.server.as(user as UserId),
        clock: this.clock,
        random: this.random,
        crypto: this.crypto,
        drops,
        ...(tabs === undefined ? {} : { tabs }),
      },
      emit: (event) => events.push(event),
      ...(this.identity === undefined ? {} : { identity: this.identity }),
      ...(this.pace === undefined ? {} : { pace: this.pace }),
    });
    const member = { doc, text: doc.getText("t"), awareness, replica, session, sender, events, drops };
    this.members.push(member);
    return member;
  }

  /** Tickets come with certificates, under real signatures. */
  certify(words: (userId: UserId) => Partial<Certificate> = () => ({})): this {
    this.crypto = twinCrypto();
    this.server.tickets = (userId, card) => ({
      serverKey,
      certificate: certificateFor(userId, card, words(userId)),
    });
    return this;
  }

  /** A connected member, in the room and synced. */
  async joined(user: string, doc?: Y.Doc, tabs?: Tabs): Promise<Member> {
    const member = this.member(user, doc, tabs);
    member.replica.connect();
    await this.clock.pass(1_000);
    return member;
  }

  /** Two of them, past all hellos. */
  async pair(): Promise<readonly [Member, Member]> {
    const pair = [await this.joined("anna"), await this.joined("bert")] as const;
    await this.clock.pass(5_000);
    return pair;
  }

  /** What a member put into the room would look like, had somebody sent these bytes as `from`. */
  inject(frame: Frame, from: string | null, group: GroupName = groups.data): void {
    this.service.inject({ group, bytes: encodeFrame(frame), from });
  }

  /** The values that an event of this type carried, in order. */
  static events<T extends ReplicaEvent["type"]>(
    member: Member,
    type: T,
  ): readonly Extract<ReplicaEvent, { type: T }>[] {
    return member.events.filter((event): event is Extract<ReplicaEvent, { type: T }> => event.type === type);
  }

  converged(): boolean {
    const [first, ...others] = this.members;
    return first === undefined || others.every(({ doc }) => bytesEqual(digestOf(doc), digestOf(first.doc)));
  }
}
