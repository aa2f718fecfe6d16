import type { IdentityMode } from "y-webpubsub/core";
import { type DocumentStore, Documents, FoldedAway, foldDocument } from "y-webpubsub-server/core";
import type { VirtualClock } from "./clock.ts";
import { publicKey, signBytes } from "./keys.ts";
import { Mount } from "./mount.ts";
import type { SeededRandom } from "./random.ts";
import type { Trace } from "./trace.ts";

interface ProcessOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly store: DocumentStore;
  readonly fail: (problem: string) => void;
  readonly identity: IdentityMode;
}

/** Where the servers' wall clock stands when a world begins. */
export const epochMs = 1_700_000_000_000;

/** One life of a server process, around the shipped documents. */
export class ServerProcess {
  readonly documents: Documents;
  /** Settles at its death, so that nobody waits for its answers. */
  readonly died: Promise<"died">;
  readonly #mount: Mount;
  #tellDied: (died: "died") => void = () => undefined;
  #phase: "alive" | "dead" = "alive";

  constructor({ clock, random, trace, store, fail, identity }: ProcessOptions) {
    this.#mount = new Mount(store);
    this.died = new Promise((resolve) => {
      this.#tellDied = resolve;
    });
    this.documents = new Documents({
      store: this.#mount,
      clock: {
        now: () => clock.now() + epochMs,
        after: (delayMs, fire) => clock.after(delayMs, () => this.#phase === "alive" && fire()),
      },
      signer: { publicKey, sign: signBytes },
      identity,
      folder: {
        fold: async (job) => {
          await clock.sleep(random.int(1, random.chance(0.3) ? 400 : 20));
          return foldDocument(job);
        },
      },
      counters: { count: (name) => trace.count(name) },
      // Short, so that who was away for long still needs a snapshot.
      foldedAway: new FoldedAway({ keptMs: 5_000 }),
      rejected: () => fail("DU9 an honest upload was rejected"),
      compactionFailed: (_document, error) =>
        trace.add("compaction-failed", "server", error instanceof Error ? error.message : ""),
    });
  }

  die(): void {
    this.#phase = "dead";
    this.#mount.kill();
    this.#tellDied("died");
  }
}
