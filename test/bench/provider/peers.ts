import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const folder = resolve(import.meta.dirname, "../peers");

/** What is used of packages that are no dependency of the project: loaded from the folder beside, if they are there. */
export interface PeerDoc {
  getText(name: string): { readonly length: number; insert(at: number, text: string): void };
  on(event: "update", listener: () => void): void;
}
export interface PeerProvider {
  on(event: "synced" | "sync", listener: (synced: unknown) => void): void;
  destroy(): void;
}
export type Peer = "y-websocket" | "hocuspocus";

export const arePeersHere: boolean = existsSync(resolve(folder, "node_modules/y-websocket/package.json"));

export const howToInstallPeers =
  "y-websocket and Hocuspocus are not installed: npm ci --prefix test/bench/peers --ignore-scripts brings them.";

/** A module of the peers' own, by its CommonJS build: with the yjs that is installed beside it. */
export function requirePeer<T>(name: string): T {
  return createRequire(resolve(folder, "package.json"))(name) as T;
}
