import { encodeAwarenessUpdate } from "y-protocols/awareness";
import type { PeerFrame, SignedFrame } from "../frame.ts";
import type { Member, World } from "./world.ts";

/** The awareness state of one member at another. */
export function shownOf(viewer: Member, of: Member): unknown {
  return viewer.awareness.getStates().get(of.doc.clientID);
}

/** An awareness update with one entry. */
export function entry(client: number, clock: number, state: unknown): Uint8Array {
  const awareness = { states: new Map([[client, state]]), meta: new Map([[client, { clock, lastUpdated: 0 }]]) };
  return encodeAwarenessUpdate(awareness as Parameters<typeof encodeAwarenessUpdate>[0], [client]);
}

/** What a member published, signed or not. */
export function sentBy(world: World, member: Member): readonly (PeerFrame | SignedFrame)[] {
  return world.service.sent
    .filter(({ from }) => from === member.sender)
    .flatMap(({ frame }) => (frame.kind === "server" ? [] : [frame]));
}
