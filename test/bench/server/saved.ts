import type { Row } from "../report.ts";
import type { Written } from "./driver.ts";
import { observed, onFloor, Stage } from "./stage.ts";
import { type StoreName, Stores } from "./stores.ts";

const stores: readonly StoreName[] = ["LevelStore", "PostgreSQL"];
/** The goals of time to saved, milliseconds. */
const limits = { p95: 50, p99: 150 } as const;
/** About what one upload of these writers takes in a log. */
const uploadBytes = 40;

interface Scale {
  readonly documents: readonly number[];
  readonly writers: number;
  readonly seconds: number;
  readonly repeats: number;
}

const whole: Scale = { documents: [1, 100, 1_000], writers: 500, seconds: 10, repeats: 3 };
/** Of LevelStore only: starting a database takes longer than everything else. */
const short: Scale = { documents: [20], writers: 20, seconds: 0.4, repeats: 1 };

/**
 * Time from an upload to its receipt while each writer uploads once a second, as often as an editor does at most; then
 * how many a second there are when everybody uploads as soon as the receipt is there, next to what the store takes.
 */
export async function measureSaved(quick: boolean): Promise<readonly Row[]> {
  const scale = quick ? short : whole;
  const places = new Stores();
  const rows: Row[] = [];
  try {
    for (const store of quick ? stores.slice(0, 1) : stores) {
      for (const documents of scale.documents) rows.push(...(await measureOne(places, store, documents, scale)));
    }
    return rows;
  } finally {
    await places.remove();
  }
}

async function measureOne(places: Stores, store: StoreName, documents: number, scale: Scale): Promise<readonly Row[]> {
  const { writers, seconds, repeats } = scale;
  const paced: Written[] = [];
  const poured: number[] = [];
  const direct: number[] = [];
  const raw: number[] = [];
  const foreign: { paced: number[]; poured: number[] } = { paced: [], poured: [] };
  const stage = await Stage.open(await places.make(store));
  const floorStore = await places.make(store);
  const directStore = await places.make(store);
  try {
    const names = Array.from({ length: documents }, (_, index) => `document-${index}`);
    await stage.driver.call("gather", { port: stage.port, writers, documents: names });
    await stage.driver.call("write", { perSecond: 1, seconds: Math.min(3, 2 * seconds) });
    const database = () => places.cpuSeconds();
    const own = async () => (await stage.cpuSeconds()) + (await database());
    for (let repeat = 0; repeat < repeats; repeat++) {
      const calm = await observed(own, () => stage.driver.call("write", { perSecond: 1, seconds }));
      paced.push(calm.value);
      foreign.paced.push(calm.foreignCores);
    }
    // Afterwards: what was poured in is folded for a while, and an editor's pace would be measured beside that.
    for (let repeat = 0; repeat < repeats; repeat++) {
      const busy = await observed(own, () => stage.driver.call("write", { perSecond: null, seconds: seconds / 2 }));
      poured.push(busy.value.perSecond);
      foreign.poured.push(busy.foreignCores);
      const pouring = { inFlight: writers, documents, bytes: uploadBytes, seconds: seconds / 4 };
      const store = await onFloor(database, (floor) =>
        floor.call("pour", { way: "store", store: directStore, ...pouring }),
      );
      direct.push(store.value);
      const least = await onFloor(database, (floor) =>
        floor.call("pour", { way: "raw", store: floorStore, ...pouring }),
      );
      raw.push(least.value);
      foreign.poured.push(store.foreignCores, least.foreignCores);
    }
    await stage.driver.call("leave");
  } finally {
    await stage.close();
  }
  const name = `${store}, ${documents} document${documents === 1 ? "" : "s"}`;
  const saved = (figure: "p50" | "p95" | "p99"): Row => ({
    ...{ name: `${name}: upload to receipt, ${figure}`, unit: "ms", foreignCores: foreign.paced },
    subject: { name: "server", values: paced.map((one) => one[figure]) },
    ...(figure !== "p50" && { limit: limits[figure] }),
  });
  const rate = (subject: string, values: readonly number[]): Row => ({
    ...{ name: `${name}: appends`, unit: "a second", foreignCores: foreign.poured },
    subject: { name: subject, values },
    floor: { name: "raw batches", values: raw },
  });
  return [saved("p50"), saved("p95"), saved("p99"), rate("over HTTP", poured), rate("the store alone", direct)];
}
