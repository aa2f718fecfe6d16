import { decodeFrame, type Frame } from "../frame.ts";
import type { GroupName, Link, LinkEvent, Transport } from "../ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export const groups = { data: "group-d" as GroupName, presence: "group-p" as GroupName };
const latencyMs = 5;

export interface Sent {
  readonly group: GroupName;
  readonly frame: Frame;
  readonly bytes: Uint8Array;
  readonly from: string | null;
}

/** One connection as the room sees it. */
export class FakeLink implements Link {
  readonly name: string;
  phase: "dialing" | "joined" | "closed" = "dialing";
  private readonly service: FakeService;
  private readonly on: (event: LinkEvent) => void;

  constructor(service: FakeService, name: string, on: (event: LinkEvent) => void) {
    this.service = service;
    this.name = name;
    this.on = on;
  }

  publish(group: GroupName, bytes: Uint8Array, confirm: boolean): "accepted" | "full" {
    if (this.service.full) return "full";
    this.service.deliver({ group, bytes, from: this.name, link: this });
    if (confirm && this.service.acks) this.service.clock.after(latencyMs, () => this.tell({ type: "confirmed" }));
    return "accepted";
  }

  close(): void {
    this.phase = "closed";
  }

  tell(event: LinkEvent): void {
    if (this.phase === "closed") return;
    if (event.type === "joined") this.phase = "joined";
    if (event.type === "closed") this.phase = "closed";
    this.on(event);
  }
}

/** Test support: a room. It delivers after 5 ms, without echo, unless a knob says otherwise. */
export class FakeService {
  readonly clock: VirtualClock;
  readonly links: FakeLink[] = [];
  /** Everything published, in order, dropped frames included. */
  readonly sent: Sent[] = [];
  up = true;
  /** From a dial to its answer. */
  dialMs = latencyMs;
  acks = true;
  full = false;
  /** Answers true for a frame that gets lost on its way to `receiver`. */
  loses: (sent: Sent, receiver: string) => boolean = () => false;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  transport(name: string): Transport {
    return {
      open: (access, on) => {
        const link = new FakeLink(this, name, on);
        this.links.push(link);
        void access().then(() =>
          this.clock.after(this.dialMs, () =>
            link.tell(
              this.up ? { type: "joined", connectionId: `c${this.links.length}` } : { type: "closed", reason: "down" },
            ),
          ),
        );
        return link;
      },
    };
  }

  /** `from` null: the server speaks. */
  deliver({
    group,
    bytes,
    from,
    link,
  }: {
    group: GroupName;
    bytes: Uint8Array;
    from: string | null;
    link?: FakeLink;
  }): void {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) throw new Error(`published bytes are no frame: ${decoded.problem}`);
    const sent = { group, frame: decoded.value, bytes, from };
    this.sent.push(sent);
    this.inject(sent, link);
  }

  /** Any bytes, frame or not, to everybody but `link`. */
  inject(sent: Omit<Sent, "frame"> & { readonly frame?: Frame }, link?: FakeLink): void {
    for (const receiver of this.links) {
      if (receiver === link || receiver.phase !== "joined" || !this.up) continue;
      if (sent.frame !== undefined && this.loses({ ...sent, frame: sent.frame }, receiver.name)) continue;
      const { group, bytes, from } = sent;
      this.clock.after(latencyMs, () =>
        receiver.tell({ type: "received", group, bytes: bytes.slice(), fromUserId: from }),
      );
    }
  }

  cut(): void {
    this.up = false;
    for (const link of this.links) link.tell({ type: "closed", reason: "service down" });
  }

  frames(kind: Frame["kind"], from?: string): readonly Frame[] {
    return this.sent
      .filter((sent) => sent.frame.kind === kind && (from === undefined || sent.from === from))
      .map(({ frame }) => frame);
  }
}
