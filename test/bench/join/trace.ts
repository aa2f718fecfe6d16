import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import * as Y from "yjs";

/** An editing session: each transaction is its patches [position, deleted, inserted], in code points. */
export interface Trace {
  readonly name: string;
  readonly transactions: readonly (readonly Patch[])[];
}
export type Patch = readonly [position: number, deleted: number, inserted: string];

const usual = resolve(import.meta.dirname, "../../../../shared/data/automerge-paper.json.gz");
const generatedEdits = 259_778;

/** The file that is named, else the usual one if it is there, else a generated session of the same shape. */
export function readTrace(file: string | undefined): Trace {
  const path = file ?? (existsSync(usual) ? usual : undefined);
  if (path === undefined) {
    console.log("No trace is here: a generated session of the same shape is replayed. Name a real one with --trace.");
    return { name: "generated session", transactions: generate(generatedEdits) };
  }
  const bytes = readFileSync(path);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8");
  const { txns } = JSON.parse(text) as { readonly txns: readonly { readonly patches: readonly Patch[] }[] };
  return { name: "recorded session", transactions: txns.map(({ patches }) => patches) };
}

export function apply(text: Y.Text, patches: readonly Patch[]): void {
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.delete(position, deleted);
    if (inserted !== "") text.insert(position, inserted);
  }
}

/** People type runs, delete a little of them, and go elsewhere. */
function generate(edits: number): readonly (readonly Patch[])[] {
  let state = 7;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const transactions: (readonly Patch[])[] = [];
  let [length, at] = [0, 0];
  while (transactions.length < edits) {
    if (random(40) === 0) at = random(length + 1);
    if (random(4) === 0 && at > 0) {
      at--;
      length--;
      transactions.push([[at, 1, ""]]);
    } else {
      transactions.push([[at, 0, String.fromCharCode(97 + random(26))]]);
      at++;
      length++;
    }
  }
  return transactions;
}

export function contentOf(trace: Trace): string {
  const doc = new Y.Doc();
  const text = doc.getText("text");
  for (const patches of trace.transactions) apply(text, patches);
  return text.toString();
}
