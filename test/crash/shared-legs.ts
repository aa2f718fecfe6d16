import { startAzurite } from "../support/azurite.ts";
import { startPostgres } from "../support/postgres.ts";
import { killLeg } from "./kill-leg.ts";
import type { LegOptions, Outcome } from "./leg.ts";
import type { StorePlace } from "./open-store.ts";
import { manyWritersLeg } from "./two-processes-leg.ts";

/** A database or a blob service that was started for the legs. */
export interface Backend {
  /** A store of its own for each leg. */
  place(name: string): StorePlace;
  /** Kills it as well and brings it back; null: it is not durable itself, or not ours. */
  readonly kill: (() => Promise<void>) | null;
  stop(): Promise<void>;
}

export const sharedStores = ["postgres", "azure-blob"] as const;
export type SharedStoreName = (typeof sharedStores)[number];

export async function startBackend(name: SharedStoreName): Promise<Backend> {
  switch (name) {
    case "postgres": {
      const { connectionString, crash, stop } = await startPostgres();
      return { place: (schema) => ({ kind: "postgres", connectionString, schema }), kill: crash, stop };
    }
    case "azure-blob": {
      const { connectionString, stop } = await startAzurite();
      const place = (container: string) => ({ kind: "azure-blob", connectionString, container }) as const;
      return { place, kill: null, stop };
    }
  }
}

/** One way to break a store that several servers share, and the control that must break. */
export interface SharedLeg {
  readonly name: string;
  readonly run: (backend: Backend, options: LegOptions) => Promise<Outcome>;
  readonly control: ((backend: Backend, options: LegOptions) => Promise<Outcome>) | null;
  readonly share: number;
}

export const sharedLegs: readonly SharedLeg[] = [
  {
    name: "killed",
    run: (backend, options) =>
      killLeg(backend.place("killed"), backend.kill ? { ...options, killDatabase: backend.kill } : options),
    // That a lost acknowledgement is seen is shown by the embedded store's control of the same leg.
    control: null,
    share: 0.8,
  },
  {
    name: "three at once, one killed, one frozen",
    run: (backend, options) => manyWritersLeg(backend.place("many"), options),
    control: (backend, options) =>
      manyWritersLeg(backend.place(`many-control-${options.cycles}`), { ...options, removal: "all-by-then" }),
    share: 0.12,
  },
];
