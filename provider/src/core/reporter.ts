import type { ReplicaEvent, Report } from "./replica-contract.ts";

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
  private last: Report;

  /** `told`: what whoever listens was told before, by a replica whose place this one takes. */
  constructor(emit: (event: ReplicaEvent) => void, told: Report = nothingYet) {
    this.emit = emit;
    this.last = told;
  }

  get told(): Report {
    return this.last;
  }

  /** `now` is read anew for each event: a listener may have changed it. */
  report(now: Report): void {
    const { last } = this;
    const { role } = now;
    if (role !== null && role !== last.role) this.tell({ role }, { type: "role", role });
    const { status, reason } = now;
    if (status !== last.status) this.tell({ status, reason }, { type: "status", status, reason });
    const { link } = now;
    if (link !== last.link) this.tell({ link }, { type: "link", link });
    const { unsyncedChanges } = now;
    if (unsyncedChanges !== last.unsyncedChanges) {
      this.tell({ unsyncedChanges }, { type: "unsynced-changes", count: unsyncedChanges });
    }
    const { saveState } = now;
    if (saveState !== last.saveState) this.tell({ saveState }, { type: "save-state", state: saveState });
    const { synced } = now;
    if (synced !== last.synced) this.tell({ synced }, { type: "synced", synced });
  }

  private tell(changed: Partial<Report>, event: ReplicaEvent): void {
    this.last = { ...this.last, ...changed };
    this.emit(event);
  }
}
