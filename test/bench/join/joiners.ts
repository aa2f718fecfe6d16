/** The process of those who join. */
import { WebPubSubProvider } from "y-webpubsub";
import { limits } from "y-webpubsub-server/core";
import * as Y from "yjs";
import { answerCalls } from "../processes.ts";
import { joinPeer, seedPeer, untilWhole } from "./peer.ts";
import { type Joined, rawJoin } from "./raw.ts";
import { makeScene, type Scene, type SceneSetting, updateOf } from "./scenes.ts";

export type JoinKind = "ours" | "y-websocket" | "hocuspocus";

export interface Place {
  readonly kind: JoinKind;
  readonly port: number;
}

/** The server folds a log once it is quiet for 5 s; a short one it leaves. */
const foldedMsMax = 30_000;

let scene: Scene | null = null;
let update: Uint8Array = new Uint8Array();

const calls = {
  /** Resolves with its name. */
  prepare: (setting: SceneSetting): string => {
    scene = makeScene(setting);
    update = updateOf(scene);
    return scene.name;
  },
  /** Resolves when the server says that it is saved; with a peer, when it was sent. */
  seed: async ({ kind, port }: Place): Promise<void> => {
    if (kind === "ours") await seedOurs(port, prepared());
    else await seedPeer(kind, port, update, prepared());
  },
  /** A whole client, until its document has everything. Milliseconds. */
  one: async ({ kind, port }: Place): Promise<number> => {
    const { isWhole } = prepared();
    const began = performance.now();
    const leave = kind === "ours" ? await joinOurs(port, isWhole) : await joinPeer(kind, port, isWhole);
    const tookMs = performance.now() - began;
    leave();
    return tookMs;
  },
  /** Clients that only take the bytes, at once, until the last one has all: what the server is worth by itself. */
  many: async ({ kind, port, count }: Place & { readonly count: number }): Promise<Joined> => {
    const began = performance.now();
    const all = await Promise.all(Array.from({ length: count }, () => rawJoin(kind, port, update.length)));
    return { tookMs: performance.now() - began, bytes: all.reduce((sum, bytes) => sum + bytes, 0) / count };
  },
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};

export type JoinerCalls = typeof calls;

answerCalls(calls);

function prepared(): Scene {
  if (scene === null) throw new Error("Nothing is prepared.");
  return scene;
}

function providerAt(port: number): WebPubSubProvider {
  return new WebPubSubProvider(`http://127.0.0.1:${port}/collab`, "paper", new Y.Doc(), {
    headers: { "x-user": "ada" },
  });
}

async function seedOurs(port: number, { pieces }: Scene): Promise<void> {
  const provider = providerAt(port);
  await provider.whenSynced;
  for (const piece of pieces) {
    piece(provider.doc);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await provider.whenSaved();
  provider.destroy();
  await untilFolded(port);
}

/** As a peer gets time to write what it was sent. */
async function untilFolded(port: number): Promise<void> {
  const until = performance.now() + foldedMsMax;
  const url = `http://127.0.0.1:${port}/collab/log?document=paper&generation=1&after=`;
  while (performance.now() < until) {
    const answer = await fetch(url, { headers: { "x-user": "ada" } });
    const { byteLength } = await answer.arrayBuffer();
    if (answer.status === 410 || byteLength <= limits.compactionLimits.tailBytes) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  console.log("The log was not folded in time: joiners get it as it is.");
}

async function joinOurs(port: number, isWhole: Scene["isWhole"]): Promise<() => void> {
  const provider = providerAt(port);
  await untilWhole(provider.doc, isWhole, "ours");
  return () => provider.destroy();
}
