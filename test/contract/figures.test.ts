import { expect, test } from "vitest";
import * as Y from "yjs";
import { figuresOf } from "../bench/figures.ts";
import { plot } from "../bench/plot.ts";
import { table } from "../bench/publish.ts";
import type { Row } from "../bench/report.ts";
import { Keystrokes } from "../bench/side-by-side/keystrokes.ts";

const rows: readonly Row[] = [
  {
    ...{ name: "a <key>", unit: "bytes", foreignCores: [0.5, 0.5] },
    subject: { name: "ours", values: [2, 4, 3] },
    floor: { name: "peer", values: [6, 6, 6] },
  },
  { name: "a <key>", unit: "bytes", foreignCores: [], subject: { name: "peer", values: [6, 6, 6] } },
  { name: "another", unit: "ms", foreignCores: [0], subject: { name: "peer", values: [1_234.5] } },
];

test("rows of one figure become one line with a column for each contender, spread and disturbance beside", () => {
  expect(table(figuresOf(rows)).split("\n")).toEqual([
    "| what | ours | peer |",
    "| --- | --- | --- |",
    "| a <key>, bytes ~ | 3.000 (2.000 to 4.000) | 6.000 |",
    "| another, ms |  | 1,235 |",
  ]);
});

test("a picture has a bar for each contender of each figure, in colours for light and dark", () => {
  const svg = plot("A & B", figuresOf(rows));
  expect(svg.match(/<rect /g)).toHaveLength(3);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).toContain("A &amp; B");
  expect(svg).toContain("a &lt;key> (bytes)");
  expect(svg.length).toBeLessThan(4_000);
});

test("the keystrokes of the load are what Yjs itself would read", () => {
  const doc = new Y.Doc();
  const [one, other] = [new Keystrokes(1), new Keystrokes(300)];
  for (let key = 0; key < 200; key++) for (const keys of [one, other]) Y.applyUpdate(doc, new Uint8Array(keys.next()));
  expect(doc.getText("text").toString()).toBe("k".repeat(400));
  expect(doc.store.pendingStructs).toBeNull();
});
