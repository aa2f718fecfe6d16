import type { Coverage } from "./coverage.ts";
import { syncLimits } from "./limits.ts";
import type { SessionId } from "./ports.ts";
import type { UpdateSummary } from "./update-summary.ts";

/** DU12: who writes with a client id: one session at a time may. */
export class Writers {
  private readonly session: SessionId;
  /** This session, or one whose live frames brought new structs of it. */
  private readonly heard = new Map<number, SessionId>();
  /** Whose entry of the log was the last to bring some. */
  private readonly logged = new Map<number, SessionId>();
  /** Heard with it before it left: it may come back. */
  private readonly past = new Map<number, SessionId>();

  /** Whose live frame or entry brought the last words that are held here, another tab's (TB2) too. */
  private readonly brought = new Map<number, SessionId>();

  /** `former`: of an earlier session on the same document: who else writes with which id is known, and what it wrote moved. */
  constructor(session: SessionId, former: Writers | null = null) {
    this.session = session;
    if (former === null) return;
    for (const [client, writer] of former.heard) this.heard.set(client, writer);
    for (const [client, writer] of former.logged) this.logged.set(client, writer);
    for (const [client, writer] of former.past) this.past.set(client, writer);
    for (const [client, writer] of former.brought) this.brought.set(client, writer);
    this.left(former.session);
  }

  /** A local edit: its id stays this session's when later edits take another. */
  wrote(client: number): void {
    this.heard.set(client, this.session);
  }

  /** A live frame is about to be applied: who only repeats what is here already is not its writer. */
  took({ structs }: UpdateSummary, session: SessionId, held: (client: number) => number): void {
    for (const { client, clock, length } of structs) {
      if (clock + length <= held(client) || this.heard.get(client) === this.session) continue;
      if (this.heard.size < syncLimits.claimsMax) this.heard.set(client, session);
    }
  }

  /** Before it is applied, whatever way it came. */
  bring({ structs }: UpdateSummary, session: SessionId, held: (client: number) => number): void {
    for (const { client, clock, length } of structs) {
      if (clock + length <= held(client)) continue;
      if (this.brought.size < syncLimits.claimsMax || this.brought.has(client)) this.brought.set(client, session);
    }
  }

  /** Whose words are held under an id; nobody's else are this session's own, or were here before. */
  source(client: number): SessionId {
    return this.brought.get(client) ?? this.session;
  }

  /** An entry of the log, before `shadow` has it. */
  read({ structs }: UpdateSummary, session: SessionId, shadow: Coverage): void {
    for (const { client, clock, length, kind } of structs) {
      if (kind === "skip" || clock + length <= shadow.clock(client)) continue;
      if (this.logged.size < syncLimits.claimsMax || this.logged.has(client)) this.logged.set(client, session);
    }
  }

  /** Two writers under one id would be mixed. The log's word outranks what was heard, but never makes own structs another's. */
  isAnothers(client: number, session: SessionId): boolean {
    const heard = this.heard.get(client);
    const writer = heard === this.session ? heard : (this.logged.get(client) ?? heard);
    return writer !== undefined && writer !== session;
  }

  /** Its live frames brought what is held here. Where too many were heard to be remembered, whoever says so. */
  isHeardFrom(client: number, session: SessionId): boolean {
    const heard = this.heard.get(client) ?? this.past.get(client);
    return heard === session || (heard === undefined && this.heard.size >= syncLimits.claimsMax);
  }

  /** Nobody else was heard with this id: what the document holds under it and the log does not is this session's own. */
  isUnheard(client: number): boolean {
    return (this.heard.get(client) ?? this.session) === this.session;
  }

  /** A session is gone: another one may go on with its client ids. */
  left(session: SessionId): void {
    for (const writers of [this.heard, this.logged]) {
      for (const [client, writer] of writers) {
        if (writer !== session) continue;
        if (writers === this.heard && this.past.size < syncLimits.claimsMax) this.past.set(client, session);
        writers.delete(client);
      }
    }
  }
}
