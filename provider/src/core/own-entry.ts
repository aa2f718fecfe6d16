import { ownState } from "./certified-presence.ts";
import type { Context } from "./context.ts";
import { presenceLimits } from "./limits.ts";
import type { Certificates } from "./presence-parts.ts";
import { type AwarenessEntry, encodeEntries } from "./validate-awareness.ts";

const nothing: Uint8Array = new Uint8Array(0);

/** PR2: what this session shows of itself, as it leaves. */
export class OwnEntry {
  private readonly context: Context;
  private readonly certificates: Certificates;
  /** The state that others could not be shown. */
  private unshown: unknown = null;

  constructor(context: Context, certificates: Certificates) {
    this.context = context;
    this.certificates = certificates;
  }

  /** Empty: there is none, or none that can be sent, which is told. */
  encode(): Uint8Array {
    const { awareness } = this.context;
    const { clientID: clientId } = awareness;
    const meta = awareness.meta.get(clientId);
    if (meta === undefined) return nothing;
    const state = awareness.getLocalState();
    const shown = state === null ? null : ownState(state, this.certificates.own());
    const bytes = written({ clientId, clock: meta.clock, state: shown });
    if (bytes === null) return this.cannotShow("presence-not-json", "cannot be written as JSON");
    if (bytes.length > presenceLimits.entryBytesMax) {
      return this.cannotShow("presence-too-large", `is larger than ${presenceLimits.entryBytesMax} bytes`);
    }
    return bytes;
  }

  /** Told once for each state: it is asked for again with every newcomer. */
  private cannotShow(code: string, why: string): Uint8Array {
    const state = this.context.awareness.getLocalState();
    this.context.drops.drop(`own-${code}`);
    if (state !== this.unshown) {
      const message = `The awareness state ${why}: nobody else sees it. Set one of plain JSON, without what everybody has anyway.`;
      this.context.emit({ type: "connection-error", code, message });
    }
    this.unshown = state;
    return nothing;
  }
}

/** Null: y-protocols takes cycles and BigInts, JSON does not. */
function written(entry: AwarenessEntry): Uint8Array | null {
  try {
    return encodeEntries([entry]);
  } catch {
    return null;
  }
}
