import { afterEach, beforeEach, vi } from "vitest";
import { Editor } from "./editor.ts";
import { joined } from "./model/testing.ts";
import type { Session, SessionStatus, WireFacts } from "./session.ts";
import { createStore } from "./store.ts";
import type { Modifiers, Sample } from "./tools/tool.ts";
import { VersionsApi } from "./versions.ts";

/** Editors for tests: real in everything but the network. */

const STATUS: SessionStatus = {
  connection: "connected",
  link: "live",
  saveState: "saved",
  role: "writer",
  everSynced: true,
  synced: true,
  unsyncedChanges: 0,
  kept: true,
};

const NO_WIRE: WireFacts = {
  messagesIn: 0,
  bytesIn: 0,
  messagesOut: 0,
  bytesOut: 0,
  unitsIn: 0,
  unitsOut: 0,
  savedCursor: null,
};

/** The keys that are held during a gesture: none. */
export const NO_KEYS: Modifiers = { shift: false, alt: false };
/** After this long, everything that waits to be sent has been sent. */
export const LIVE_MS = 100;
export const EVERYWHERE = { minX: -1e6, minY: -1e6, maxX: 1e6, maxY: 1e6 };

/** Editors of one room. */
function room(count: number, role: SessionStatus["role"] = "writer"): readonly Editor[] {
  const heard = new Map<number, (from: string, bytes: Uint8Array) => void>();
  return joined(count).map(({ doc, awareness, index }) => {
    const session: Session = {
      board: "room",
      doc,
      awareness,
      status: createStore({ ...STATUS, role }),
      broadcast: (bytes) => {
        for (const [to, listener] of heard) if (to !== index) listener(`session-${index}`, bytes);
      },
      onBroadcast: (listener) => {
        heard.set(index, listener);
        return () => heard.delete(index);
      },
      onReload: () => () => undefined,
      versions: new VersionsApi({ url: "http://localhost/collab", board: "room", headers: {} }),
      userId: () => `user-${index}`,
      wire: () => ({ ...NO_WIRE }),
      disconnect: () => undefined,
      connect: () => undefined,
      dispose: () => {
        awareness.destroy();
        doc.destroy();
      },
    };
    return new Editor(session, { name: `Person ${index}`, color: "blue" }, { still: () => true });
  });
}

/** For a `describe` block: makes a room of two whenever it is asked, on fake timers; everybody leaves after the test. */
export function roomOfTwo(): (role?: SessionStatus["role"]) => readonly [Editor, Editor] {
  let editors: readonly Editor[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    for (const editor of editors) editor.dispose();
    vi.useRealTimers();
  });
  return (role) => {
    editors = room(2, role);
    const [ada, grace] = editors;
    if (!ada || !grace) throw new Error("The room has two people.");
    return [ada, grace];
  };
}

/** The pointer without pressure. */
export function at(x: number, y: number): Sample {
  return { world: { x, y }, pressure: null };
}

/** Presses the active tool at the start and moves it, without lifting. */
export function drag(editor: Editor, ...[start, ...way]: readonly (readonly [number, number])[]): void {
  const tool = editor.activeTool();
  if (!start || !tool) throw new Error("A drag needs a start and a tool.");
  tool.down(at(...start), NO_KEYS);
  for (const point of way) tool.move([at(...point)], NO_KEYS);
}
