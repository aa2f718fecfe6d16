import type { Role } from "./ports.ts";
import type { LinkState, ReplicaEvent, SaveState, Status } from "./replica-contract.ts";

export interface Report {
  readonly status: Status;
  readonly reason: string | null;
  readonly link: LinkState;
  readonly synced: boolean;
  readonly unsyncedChanges: number;
  readonly saveState: SaveState;
  readonly role: Role | null;
}

/** What is reported before anything happened. */
const nothingYet: Report = {
  status: "disconnected",
  reason: null,
  link: "offline",
  synced: false,
  unsyncedChanges: 0,
  saveState: "unknown",
  role: null,
};

/** Turns states into events: one for each value that changed since the last time. */
export class Reporter {
  private readonly emit: (event: ReplicaEvent) => void;
  private last: Report = nothingYet;

  constructor(emit: (event: ReplicaEvent) => void) {
    this.emit = emit;
  }

  report(now: Report): void {
    const { last } = this;
    this.last = now;
    if (now.role !== null && now.role !== last.role) this.emit({ type: "role", role: now.role });
    if (now.status !== last.status) this.emit({ type: "status", status: now.status, reason: now.reason });
    if (now.link !== last.link) this.emit({ type: "link", link: now.link });
    if (now.unsyncedChanges !== last.unsyncedChanges) {
      this.emit({ type: "unsynced-changes", count: now.unsyncedChanges });
    }
    if (now.saveState !== last.saveState) this.emit({ type: "save-state", state: now.saveState });
    if (now.synced !== last.synced) this.emit({ type: "synced", synced: now.synced });
  }
}
