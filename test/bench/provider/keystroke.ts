import { readFileSync } from "node:fs";
import { WebPubSubProvider } from "y-webpubsub";
import { digestOf } from "y-webpubsub/core";
import * as Y from "yjs";
import { ForeignLoad } from "../foreign-load.ts";
import { startProcess } from "../processes.ts";
import type { Row } from "../report.ts";
import type { ServerCalls } from "./server.ts";

const edits = 100_000;
const goalMs = 0.2;
/** A digest is made at most this often while people type (SY9). */
const digestEveryMs = 30_000;
/** As people type. */
const keyEveryMs = 200;

/** Main-thread time of a keystroke in a document of 100,000 edits: Yjs, frame, upload, receipt, and the digest's share. */
export async function measureKeystroke(quick: boolean): Promise<readonly Row[]> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  const url = `http://127.0.0.1:${await server.call("start", { kind: "ours" })}/collab`;
  const doc = new Y.Doc();
  scatter(doc.getText("text"), quick ? 1_000 : edits);
  const typist = new WebPubSubProvider(url, "long", doc, { headers: { "x-user": "typist" } });
  await typist.whenSynced;
  await typist.whenSaved();
  await server.call("join", { url, document: "long" });
  const keys = quick ? 20 : 250;
  await spentMs(typist, keys, doc);
  const plain = new Y.Doc();
  Y.applyUpdate(plain, Y.encodeStateAsUpdate(doc));
  const values: number[] = [];
  const alone: number[] = [];
  const foreign: number[] = [];
  const digests: number[] = [];
  for (let repeat = 0; repeat < (quick ? 1 : 5); repeat++) {
    const load = new ForeignLoad();
    const own = process.cpuUsage();
    const resting = await spentMs(typist, keys, null);
    values.push(Math.max(0, (await spentMs(typist, keys, doc)) - resting) / keys);
    alone.push(Math.max(0, (await spentMs(typist, keys, plain)) - resting) / keys);
    const { user, system } = process.cpuUsage(own);
    foreign.push(load.cores((user + system) / 1e6) ?? Number.NaN);
    const started = threadMs();
    digestOf(doc);
    digests.push(threadMs() - started);
  }
  typist.destroy();
  await server.end();
  const share = digests.map((ms) => (ms * keyEveryMs) / digestEveryMs);
  const row = (name: string, series: readonly number[]): Row => ({
    ...{ name, unit: "ms", foreignCores: foreign },
    subject: { name: "ours", values: series },
  });
  const whole = values.map((ms, at) => ms + (share[at] ?? 0));
  return [
    {
      ...row(`a keystroke among ${quick ? 1_000 : edits} edits, saved, with its share of the digest`, whole),
      floor: { name: "the bound", values: whole.map(() => goalMs) },
      goal: 1,
    },
    row("the same key in the same document without a provider", alone),
    row("of the first: the digest, at 5 keys/s", share),
    row("one digest", digests),
  ];
}

/** Main-thread time while keys are typed into `doc` and saved, or (null) while it does nothing for as long. */
async function spentMs(typist: WebPubSubProvider, keys: number, doc: Y.Doc | null): Promise<number> {
  const text = doc?.getText("text");
  const before = threadMs();
  for (let key = 0; key < keys; key++) {
    text?.insert(text.length >> 1, "k");
    await new Promise((resolve) => setTimeout(resolve, 20));
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

/** Edits all over the place: what compresses worst. */
function scatter(text: Y.Text, count: number): void {
  let state = 1;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let edit = 0; edit < count; edit++) {
    if (edit % 4 === 3) text.delete(random(text.length), 1);
    else text.insert(random(text.length + 1), String.fromCharCode(97 + random(26)));
  }
}
