import { ForeignLoad } from "../foreign-load.ts";
import { startProcess } from "../processes.ts";
import { ensurePeers } from "../provider/peers.ts";
import type { Row } from "../report.ts";
import type { DriverCalls } from "./driver.ts";
import { compared, languagesWith, type Place, Places } from "./places.ts";
import type { Language } from "./speech.ts";

interface Scene {
  readonly rooms: number;
  readonly members: number;
  /** The most that ours may take, of the better peer's. */
  readonly goal: number;
}

const scenes: readonly Scene[] = [
  { rooms: 1, members: 100, goal: 0.5 },
  { rooms: 200, members: 5, goal: 0.33 },
];

/** Everybody types as fast as everybody hears: what an edit that arrives costs the server, and how many can. */
export async function measureSaturation(quick: boolean): Promise<readonly Row[]> {
  const languages = languagesWith(ensurePeers({ mayInstall: !quick }), true);
  const rows: Row[] = [];
  for (const scene of scenes) {
    const size = quick ? { ...scene, rooms: Math.min(2, scene.rooms), members: 5 } : scene;
    rows.push(...(await measureScene(size, languages, quick)));
  }
  return rows;
}

async function measureScene(scene: Scene, languages: readonly Language[], quick: boolean): Promise<readonly Row[]> {
  const { rooms, members, goal } = scene;
  const cost = new Map<Language, number[]>(languages.map((language) => [language, []]));
  const rate = new Map<Language, number[]>(languages.map((language) => [language, []]));
  const foreign: number[] = [];
  const driver = startProcess<DriverCalls>("side-by-side/driver.ts");
  const places = await Places.open(languages);
  try {
    for (const [language, { port, accessKey }] of places.all) {
      await driver.call("open", { name: language, crowd: { language, port, accessKey, rooms, members } });
      // Not counted: the first rounds run before the code is compiled.
      await driver.call("type", { name: language, ms: quick ? 50 : 1_000 });
    }
    const measure = async (language: Language, place: Place) => {
      const ownSeconds = async () => (await driver.call("cpuSeconds")) + (await place.remote.call("cpuSeconds"));
      const [own, before] = [await ownSeconds(), await place.remote.call("cpuSeconds")];
      const load = new ForeignLoad();
      const began = performance.now();
      const deliveries = await driver.call("type", { name: language, ms: quick ? 50 : 1_500 });
      const seconds = (performance.now() - began) / 1_000;
      const spent = (await place.remote.call("cpuSeconds")) - before;
      foreign.push(load.cores((await ownSeconds()) - own) ?? Number.NaN);
      cost.get(language)?.push((spent * 1e6) / deliveries);
      rate.get(language)?.push(deliveries / seconds);
    };
    for (let repeat = 0; repeat < (quick ? 1 : 5); repeat++) {
      for (const [language, place] of places.all) await measure(language, place);
    }
  } finally {
    await driver.end();
    await places.end();
  }
  const of = `saturation, ${rooms} x ${members}`;
  return [
    ...compared(`${of}: server CPU`, "ms for 1,000 deliveries", cost, foreign, goal),
    ...compared(`${of}: rate`, "deliveries/s", rate, foreign),
  ];
}
