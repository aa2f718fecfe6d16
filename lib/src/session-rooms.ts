import { createHash } from "node:crypto";
import { type DocumentId, parseJson, parseSessionId, type SessionId, type UserId } from "y-webpubsub/core";
import type { DocumentStore } from "./core/index.ts";
import { sessionRoomLimits } from "./limits.ts";

/** Which room a session negotiated for last. */
export interface SessionRoom {
  readonly session: SessionId;
  readonly userId: UserId;
  readonly document: DocumentId;
  readonly generation: number;
  readonly accessEpoch: number;
}

/**
 * PR3: the service says that a connection ended, by its `sub`; this finds the room. Kept in the store, so that any
 * server can answer the event, in a fixed number of slots, so that nothing has to be cleaned up: a newer session of the
 * same slot replaces an older one, whose presence then only fades slower.
 */
export class SessionRooms {
  readonly #store: DocumentStore;

  constructor(store: DocumentStore) {
    this.#store = store;
  }

  async put(room: SessionRoom): Promise<void> {
    const name = slotOf(room.session);
    const value = new TextEncoder().encode(JSON.stringify(room));
    const before = await this.#store.setting(name);
    if (before && Buffer.compare(before, value) === 0) return;
    // Whoever came first in the same moment is as good.
    await this.#store.changeSetting(name, before, value);
  }

  async find(session: SessionId): Promise<SessionRoom | null> {
    const room = parseRoom(await this.#store.setting(slotOf(session)));
    return room?.session === session ? room : null;
  }
}

function slotOf(session: SessionId): string {
  const slot = createHash("sha256").update(session).digest().readUInt16BE(0) % sessionRoomLimits.slots;
  return `session-room/${slot}`;
}

/** What cannot be read is nobody's room: the presence of a crashed tab fades slower then. */
function parseRoom(bytes: Uint8Array | null): SessionRoom | null {
  if (bytes === null) return null;
  const json = parseJson(bytes, { bytesMax: sessionRoomLimits.bytesMax, depthMax: 2 });
  if (!json.ok || typeof json.value !== "object" || json.value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(json.value));
  const text = fields.get("session");
  const session = typeof text === "string" ? parseSessionId(text) : null;
  const [userId, document] = [fields.get("userId"), fields.get("document")];
  const [generation, accessEpoch] = [fields.get("generation"), fields.get("accessEpoch")];
  if (session === null || typeof userId !== "string" || typeof document !== "string") return null;
  if (typeof generation !== "number" || typeof accessEpoch !== "number") return null;
  return { session, userId: userId as UserId, document: document as DocumentId, generation, accessEpoch };
}
