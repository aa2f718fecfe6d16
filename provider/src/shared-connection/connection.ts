import { assert } from "../core/assert.ts";
import { DropCounts } from "../core/drops.ts";
import type { DocumentId, IdentityMode, Link, NamedConnection, Server, Ticket, Transport } from "../core/ports.ts";
import { ProviderError } from "../errors.ts";
import { type ConnectionOptions, refuseUnsigned, resolveConnectionOptions, resolveServerUrl } from "../options.ts";
import { systemClock } from "../ports/clock.ts";
import { type ConnectionServer, serverApi } from "../ports/server-api.ts";
import { webPubSubTransport } from "../ports/transport.ts";
import { sharedLimits } from "./limits.ts";
import { type Extension, Switchboard } from "./switchboard.ts";

/** What one document's replica sees of the connection. */
export interface Line {
  readonly transport: Transport;
  readonly server: Server;
  /** The provider is destroyed: another one may open the document. */
  readonly free: () => void;
}

/**
 * One connection of Web PubSub for several documents: `new WebPubSubProvider(connection, documentId, doc)`. It is dialled
 * by the first document that connects, carries each further one as soon as the server has put it there (CN10), and is
 * closed with the last. A lost connection is dialled once for all. One provider a document; throws for a second.
 */
export class WebPubSubConnection {
  /** Where the collab router is mounted. */
  readonly serverUrl: URL;
  readonly #options: ReturnType<typeof resolveConnectionOptions>;
  readonly #drops = new DropCounts();
  readonly #switchboard: Switchboard;
  readonly #api: Server & ConnectionServer;
  readonly #open = new Set<DocumentId>();
  /** A document that is opened again waits until it was let go of. */
  readonly #releasing = new Map<DocumentId, Promise<void>>();

  constructor(serverUrl: string, options: ConnectionOptions = {}) {
    this.serverUrl = resolveServerUrl(serverUrl);
    this.#options = resolveConnectionOptions(options);
    const clock = systemClock();
    const { protocol } = this.#options;
    const transport = webPubSubTransport({ protocol, clock, drops: this.#drops });
    this.#switchboard = new Switchboard({ transport, clock, drops: this.#drops });
    this.#api = serverApi(this.serverUrl, clock, this.#options);
  }

  /** Documents with a provider. */
  get documents(): readonly string[] {
    return [...this.#open];
  }

  get isLive(): boolean {
    return this.#switchboard.phase === "live";
  }

  /** What was deliberately dropped before it found its document, by reason. */
  get drops(): ReadonlyMap<string, number> {
    return this.#drops.all();
  }

  /** For the provider. Throws `bad-option` for a document that is open already, one too many, or one that does not sign. */
  line(document: DocumentId, identity: IdentityMode): Line {
    refuseUnsigned(this.#options.protocol, identity);
    if (this.#open.has(document)) {
      throw new ProviderError(
        "bad-option",
        `"${document}" has a provider on this connection already. Use that one, or destroy it first.`,
      );
    }
    if (this.#open.size >= sharedLimits.documentsMax) {
      throw new ProviderError(
        "bad-option",
        `A connection takes ${sharedLimits.documentsMax} documents. Make another one.`,
      );
    }
    this.#open.add(document);
    let ticket: Ticket | null = null;
    let named: NamedConnection | null = null;
    let session: NamedConnection["session"] | null = null;
    return {
      server: {
        ...this.#api,
        negotiate: async (_document, card, signal) => {
          await this.#releasing.get(document);
          session = card.session;
          named = await this.#switchboard.claim(card.session, signal);
          try {
            const asked = named === null ? card : { ...card, connection: named };
            ticket = await this.#api.negotiate(document, asked, signal);
            return ticket;
          } catch (error) {
            this.#switchboard.unclaim(card.session);
            throw error;
          }
        },
      },
      transport: {
        wireBytes: (bytes) => this.#switchboard.wireBytes(bytes),
        open: (_access, on) => {
          assert(ticket !== null && session !== null, "a link is opened with a ticket");
          const extension: Extension = { groups: ticket.groups, on };
          if (ticket.url !== "")
            return this.#released(document, this.#switchboard.dial(extension, ticket.url, session));
          assert(named !== null, "only a named connection is given a document");
          return this.#released(document, this.#switchboard.attach(extension, named));
        },
      },
      free: () => this.#open.delete(document),
    };
  }

  /** Closing the link takes the document's groups from the connection, if there is still one. */
  #released(document: DocumentId, link: Link): Link {
    return {
      publish: (group, bytes, confirm) => link.publish(group, bytes, confirm),
      close: () => {
        link.close();
        const { connection } = this.#switchboard;
        if (connection === null) return;
        const released = this.#api.release(document, connection, new AbortController().signal).catch(() => {
          // The server is away: what the service still delivers is dropped, until the connection ends.
          this.#drops.drop("not-released");
        });
        this.#releasing.set(document, released);
        void released.then(() => {
          if (this.#releasing.get(document) === released) this.#releasing.delete(document);
        });
      },
    };
  }
}
