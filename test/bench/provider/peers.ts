import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const folder = resolve(import.meta.dirname, "../peers");

/** One more, apart from the others because it pins another yjs. */
export const weaveFolder: string = resolve(folder, "weave");

/** What is used of packages that are no dependency of the project: loaded from the folder beside, if they are there. */
export interface PeerDoc {
  readonly clientID: number;
  getText(name: string): { readonly length: number; insert(at: number, text: string): void };
  on(event: "update", listener: () => void): void;
}
export interface PeerProvider {
  on(event: "synced" | "sync", listener: (synced: unknown) => void): void;
  destroy(): void;
}
export type Peer = "y-websocket" | "hocuspocus";

export interface PeersWanted {
  /** Whether they may be fetched, by `npm ci` with the lock file beside them. */
  readonly mayInstall: boolean;
  readonly weave?: boolean;
}

/** Whether the peers are there, after an attempt to install them. Says what is measured without them. */
export function ensurePeers({ mayInstall, weave = false }: PeersWanted): boolean {
  const folders = weave ? [folder, weaveFolder] : [folder];
  const missing = folders.filter((one) => !existsSync(resolve(one, "node_modules/.package-lock.json")));
  if (mayInstall) for (const one of missing) install(one);
  const here = folders.every((one) => existsSync(resolve(one, "node_modules/.package-lock.json")));
  if (!here) console.log("The peers are not installed: ours is measured without them.");
  return here;
}

/** A module of the peers' own, by its CommonJS build: with the yjs that is installed beside it. */
export function requirePeer<T>(name: string): T {
  return createRequire(resolve(folder, "package.json"))(name) as T;
}

function install(prefix: string): void {
  console.log("The peers are being installed: they are no dependency of this project.");
  spawnSync("npm", ["ci", "--prefix", prefix, "--workspaces=false", "--ignore-scripts", "--no-audit"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
