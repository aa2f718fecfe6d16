import { readFileSync } from "node:fs";
import { WebPubSubProvider } from "y-webpubsub";
import { digestOf, LiveDigest } from "y-webpubsub/core";
import * as Y from "yjs";
import { ForeignLoad } from "../foreign-load.ts";
import { type Remote, startProcess } from "../processes.ts";
import type { Row } from "../report.ts";
import type { ServerCalls } from "./server.ts";
import { keyPauseMs, keystrokeGoalMs, scatter } from "./typing.ts";

const edits = 100_000;
/** A digest is made at most this often while people type (SY9). */
const digestEveryMs = 30_000;
/** As people type. */
const keyEveryMs = 200;

/** Main-thread time of a keystroke in a document of 100,000 edits: Yjs, frame, upload, receipt, and the digest's share. */
export async function measureKeystroke(quick: boolean): Promise<readonly Row[]> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  const url = `http://127.0.0.1:${await server.call("start", { kind: "ours" })}/collab`;
  const count = quick ? 1_000 : edits;
  const long = await Typist.begin(server, { url, document: "long", edits: count });
  const short = await Typist.begin(server, { url, document: "short", edits: count / 100 });
  const keys = quick ? 20 : 250;
  await long.spentMs(keys);
  await short.spentMs(keys);
  const { doc } = long;
  const kept = new LiveDigest(doc);
  const plain = new Y.Doc();
  Y.applyUpdate(plain, Y.encodeStateAsUpdate(doc));
  const values: number[] = [];
  const few: number[] = [];
  const alone: number[] = [];
  const foreign: number[] = [];
  const digests: number[] = [];
  const wholes: number[] = [];
  for (let repeat = 0; repeat < (quick ? 1 : 5); repeat++) {
    const load = new ForeignLoad();
    const own = process.cpuUsage();
    const resting = await spentMs(long.provider, keys, null);
    const perKey = (ms: number): number => Math.max(0, ms - resting) / keys;
    kept.current();
    values.push(perKey(await long.spentMs(keys)));
    digests.push(bestMs(5, () => kept.current()));
    kept.forget();
    few.push(perKey(await short.spentMs(keys)));
    alone.push(perKey(await spentMs(long.provider, keys, plain)));
    wholes.push(bestMs(5, () => digestOf(doc)));
    const { user, system } = process.cpuUsage(own);
    foreign.push(load.cores((user + system) / 1e6) ?? Number.NaN);
  }
  long.provider.destroy();
  short.provider.destroy();
  await server.end();
  const share = digests.map((ms) => (ms * keyEveryMs) / digestEveryMs);
  const row = (name: string, series: readonly number[]): Row => ({
    ...{ name, unit: "ms", foreignCores: foreign },
    subject: { name: "ours", values: series },
  });
  const whole = values.map((ms, at) => ms + (share[at] ?? 0));
  return [
    {
      ...row(`a keystroke among ${count} edits, saved, with its share of the digest`, whole),
      floor: { name: "the bound", values: whole.map(() => keystrokeGoalMs) },
      goal: 1,
    },
    row(`the same among ${count / 100} edits, without a digest`, few),
    row(`the same key among ${count} edits without a provider`, alone),
    row("of the first: the digest, at 5 keys/s", share),
    {
      ...row("one digest, kept up with the edits", digests),
      floor: { name: "from the whole document", values: wholes },
    },
  ];
}

interface Place {
  readonly url: string;
  readonly document: string;
  readonly edits: number;
}

/** A provider in a document with a past, and another member in the room. */
class Typist {
  readonly provider: WebPubSubProvider;
  readonly doc: Y.Doc;

  private constructor(provider: WebPubSubProvider, doc: Y.Doc) {
    this.provider = provider;
    this.doc = doc;
  }

  static async begin(server: Remote<ServerCalls>, { url, document, edits: count }: Place): Promise<Typist> {
    const doc = new Y.Doc();
    scatter(doc.getText("text"), count);
    const provider = new WebPubSubProvider(url, document, doc, { headers: { "x-user": "typist" } });
    await provider.whenSynced;
    await provider.whenSaved();
    await server.call("join", { url, document });
    return new Typist(provider, doc);
  }

  spentMs(keys: number): Promise<number> {
    return spentMs(this.provider, keys, this.doc);
  }
}

/** The best of a few: what a thread has spent on a processor is told too coarsely for one. */
function bestMs(tasks: number, task: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let index = 0; index < tasks; index++) {
    const started = performance.now();
    task();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

/** Main-thread time while keys are typed into `doc` and saved, or (null) while it does nothing for as long. */
async function spentMs(typist: WebPubSubProvider, keys: number, doc: Y.Doc | null): Promise<number> {
  const text = doc?.getText("text");
  const before = threadMs();
  for (let key = 0; key < keys; key++) {
    text?.insert(text.length >> 1, "k");
    await new Promise((resolve) => setTimeout(resolve, keyPauseMs));
  }
  await typist.whenSaved();
  return threadMs() - before;
}

/** Time that the main thread has been on a processor; where Linux does not tell it, that of the whole process. */
function threadMs(): number {
  try {
    const [nanos] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return Number(nanos) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
}
