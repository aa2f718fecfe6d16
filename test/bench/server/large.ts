import type { Cursor } from "y-webpubsub/core";
import { startProcess } from "../processes.ts";
import type { Row } from "../report.ts";
import type { Written } from "./driver.ts";
import type { FillerCalls } from "./filler.ts";
import { askDigest, open, openMany } from "./reader.ts";
import type { StoreSetting } from "./server.ts";
import { type Observed, observed, Stage } from "./stage.ts";
import { Stores } from "./stores.ts";

const drawing = "drawing";

interface Scale {
  readonly bytes: number;
  /** Of the log after the snapshot, when it is opened and compacted again. */
  readonly tailBytes: number;
  readonly writers: number;
  readonly seconds: number;
  readonly repeats: number;
}

const whole: Scale = { bytes: 50e6, tailBytes: 6e6, writers: 200, seconds: 8, repeats: 3 };
const short: Scale = { bytes: 1e6, tailBytes: 250e3, writers: 20, seconds: 0.4, repeats: 1 };

/** What one phase did to the others. */
type Phase = Observed<Written & { readonly pauseMs: number; readonly tookMs: number }>;

/** How long the uploads of others take while a document of 50 MB is opened and folded on the same server. */
export async function measureLarge(quick: boolean): Promise<readonly Row[]> {
  const scale = quick ? short : whole;
  const places = new Stores();
  const filler = startProcess<FillerCalls>("server/filler.ts");
  const phases = new Map<string, Phase[]>();
  const keep = (name: string, phase: Phase) => {
    phases.set(name, [...(phases.get(name) ?? []), phase]);
  };
  try {
    for (let repeat = 0; repeat < scale.repeats; repeat++) {
      const store = await places.make("LevelStore");
      await filler.call("fill", { store, document: drawing, bytes: scale.bytes, person: 1 });
      await onStage(store, scale, async (stage, during) => {
        keep("nothing else happens", await during(async () => undefined));
        keep("its log is folded", await during(() => stage.server.call("compact", drawing)));
      });
      await filler.call("fill", { store, document: drawing, bytes: scale.tailBytes, person: 2 });
      await onStage(store, scale, async (stage, during) => {
        let head = "" as Cursor;
        const join = async () => {
          head = await open(stage.port, drawing);
        };
        keep("somebody opens it, cold", await during(join));
        keep("fifty open it, warm", await during(() => openMany(stage.port, drawing, 50, head)));
        keep("its digest is asked for", await during(() => askDigest(stage.port, drawing, head)));
        keep("snapshot and log are folded", await during(() => stage.server.call("compact", drawing)));
      });
    }
  } finally {
    await filler.end();
    await places.remove();
  }
  return [...phases].flatMap(([name, list]) => rowsOf(name, list, phases.get("nothing else happens") ?? []));
}

function rowsOf(name: string, phases: readonly Phase[], calm: readonly Phase[]): readonly Row[] {
  const foreignCores = phases.map((phase) => phase.foreignCores);
  const values = (figure: "p99" | "pauseMs" | "tookMs", list: readonly Phase[]) =>
    list.map(({ value }) => value[figure]);
  const row = (what: string, figure: "p99" | "pauseMs" | "tookMs"): Row => ({
    ...{ name: `${name}: ${what}`, unit: "ms", foreignCores },
    subject: { name: "large", values: values(figure, phases) },
  });
  if (phases === calm) return [row("the others' p99", "p99"), row("longest pause", "pauseMs")];
  return [
    { ...row("the others' p99", "p99"), limit: 150, floor: { name: "without", values: values("p99", calm) } },
    row("longest pause", "pauseMs"),
    row("took", "tookMs"),
  ];
}

type During = (work: () => Promise<void>) => Promise<Phase>;

async function onStage(
  store: StoreSetting,
  { writers, seconds }: Scale,
  use: (stage: Stage, during: During) => Promise<void>,
): Promise<void> {
  const stage = await Stage.open(store);
  try {
    const documents = Array.from({ length: writers }, (_, index) => `note-${index}`);
    await stage.driver.call("gather", { port: stage.port, writers, documents });
    await stage.driver.call("write", { perSecond: 1, seconds: Math.min(3, seconds) });
    await use(stage, async (work) => {
      await stage.server.call("pauseMs");
      const phase = await observed(
        () => stage.cpuSeconds(),
        async () => {
          const writing = stage.driver.call("write", { perSecond: 1, seconds: null });
          await pause(100 * seconds);
          const began = performance.now();
          await work();
          const tookMs = performance.now() - began;
          await pause(Math.max(100 * seconds, 1_000 * seconds - tookMs));
          await stage.driver.call("stop");
          return { ...(await writing), tookMs };
        },
      );
      const pauseMs = await stage.server.call("pauseMs");
      return { ...phase, value: { ...phase.value, pauseMs } };
    });
    await stage.driver.call("leave");
  } finally {
    await stage.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
