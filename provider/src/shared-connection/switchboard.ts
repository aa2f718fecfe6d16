import { unreachable } from "../core/assert.ts";
import type {
  Cancel,
  Clock,
  Drops,
  GroupName,
  Link,
  LinkEvent,
  NamedConnection,
  SessionId,
  Ticket,
  Transport,
} from "../core/ports.ts";
import { sharedLimits } from "./limits.ts";

/** One document's end of the connection. */
export interface Extension {
  readonly groups: Ticket["groups"];
  readonly on: (event: LinkEvent) => void;
}

type State =
  | { readonly phase: "down" }
  /** CN10: one document negotiates a URL; the others wait, because a connection can only be named once it is there. */
  | { readonly phase: "claimed"; readonly session: SessionId; readonly cancel: Cancel }
  | { readonly phase: "dialing"; readonly session: SessionId; readonly link: Link }
  | { readonly phase: "live"; readonly link: Link; readonly connection: NamedConnection };

export interface SwitchboardPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly drops: Drops;
}

/** CN10: one connection of the service, and the documents on it. Frames find their document by their group. */
export class Switchboard {
  readonly #ports: SwitchboardPorts;
  readonly #extensions = new Set<Extension>();
  #state: State = { phase: "down" };
  #waiting: (() => void)[] = [];

  constructor(ports: SwitchboardPorts) {
    this.#ports = ports;
  }

  get phase(): State["phase"] {
    return this.#state.phase;
  }

  /** As the server is told of it. */
  get connection(): NamedConnection | null {
    return this.#state.phase === "live" ? this.#state.connection : null;
  }

  wireBytes(bytes: number): number {
    return this.#ports.transport.wireBytes?.(bytes) ?? bytes;
  }

  /** Resolves when it is clear what to ask the server for: to be put on this connection, or (null) for a URL to dial. */
  async claim(session: SessionId, signal: AbortSignal): Promise<NamedConnection | null> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#state.phase === "live") return this.#state.connection;
      if (this.#state.phase === "down") break;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    const cancel = this.#ports.clock.after(sharedLimits.claimMsMax, () => this.unclaim(session));
    this.#become({ phase: "claimed", session, cancel });
    return null;
  }

  /** The claim led to nothing. */
  unclaim(session: SessionId): void {
    if (this.#state.phase !== "claimed" || this.#state.session !== session) return;
    this.#state.cancel();
    this.#become({ phase: "down" });
  }

  /** The service has put the document on the connection `named`. */
  attach(extension: Extension, named: NamedConnection): Link {
    if (this.#state.phase !== "live" || this.#state.connection.id !== named.id) {
      queueMicrotask(() => extension.on({ type: "closed", reason: "The connection ended meanwhile." }));
      return { publish: () => "full", close: () => undefined };
    }
    this.#extensions.add(extension);
    const { id } = this.#state.connection;
    queueMicrotask(() => {
      if (this.#extensions.has(extension)) extension.on({ type: "joined", connectionId: id });
    });
    return this.#linkOf(extension);
  }

  /** The document's own URL: the connection is made with it; what there was before is gone. */
  dial(extension: Extension, url: string, session: SessionId): Link {
    this.#hangUp("The connection was replaced.");
    this.#extensions.add(extension);
    const link = this.#ports.transport.open(
      () => Promise.resolve(url),
      (event) => this.#hear(link, event),
    );
    this.#become({ phase: "dialing", session, link });
    return this.#linkOf(extension);
  }

  #linkOf(extension: Extension): Link {
    return {
      publish: (group, bytes, confirm) => {
        const { link } = this.#state.phase === "live" ? this.#state : { link: null };
        return this.#extensions.has(extension) && link !== null ? link.publish(group, bytes, confirm) : "full";
      },
      close: () => {
        if (!this.#extensions.delete(extension)) return;
        if (this.#extensions.size === 0) this.#hangUp("Nobody uses the connection.");
      },
    };
  }

  #hear(link: Link, event: LinkEvent): void {
    const state = this.#state;
    if ((state.phase !== "dialing" && state.phase !== "live") || state.link !== link) return;
    switch (event.type) {
      case "joined": {
        const session = state.phase === "dialing" ? state.session : state.connection.session;
        this.#become({ phase: "live", link, connection: { id: event.connectionId, session } });
        this.#tellAll(event);
        return;
      }
      case "received":
        this.#extensionOf(event.group)?.on(event);
        return;
      case "confirmed":
      case "unconfirmed":
        if (event.group !== undefined) this.#extensionOf(event.group)?.on(event);
        return;
      case "interrupted":
      case "resumed":
        this.#tellAll(event);
        return;
      case "closed":
        this.#become({ phase: "down" });
        this.#loseAll(event.reason);
        return;
      default:
        throw unreachable(event);
    }
  }

  #extensionOf(group: GroupName): Extension | null {
    for (const extension of this.#extensions) {
      if (extension.groups.data === group || extension.groups.presence === group) return extension;
    }
    this.#ports.drops.drop("unrouted");
    return null;
  }

  #hangUp(reason: string): void {
    const before = this.#state;
    if (before.phase === "claimed") before.cancel();
    this.#become({ phase: "down" });
    if (before.phase === "dialing" || before.phase === "live") before.link.close();
    this.#loseAll(reason);
  }

  #loseAll(reason: string): void {
    const lost = [...this.#extensions];
    this.#extensions.clear();
    for (const { on } of lost) on({ type: "closed", reason });
  }

  #tellAll(event: LinkEvent): void {
    for (const { on } of [...this.#extensions]) on(event);
  }

  #become(state: State): void {
    this.#state = state;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
