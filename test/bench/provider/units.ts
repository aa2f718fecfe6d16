import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { startProcess } from "../processes.ts";
import type { Row } from "../report.ts";
import type { ServerCalls } from "./server.ts";

/** Deliveries in an hour of one user's typing at 5 keys a second, as measured with the two existing packages: the lower. */
const peerDeliveries: ReadonlyMap<number, number> = new Map([
  [2, 127_000],
  [10, 584_000],
  [50, 3_330_000],
]);
const goals = { economy: 1 / 4, responsive: 1 / 3 } as const;
const keyEveryMs = 200;
const settleMs = 6_000;

type Policy = keyof typeof goals;

/** What an hour of typing costs the service, caret included: measured for a while in real rooms, times what is missing. */
export async function measureUnits(quick: boolean): Promise<readonly Row[]> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  const port = await server.call("start", { kind: "ours" });
  try {
    const rows: Row[] = [];
    for (const policy of ["responsive", "economy"] as const) {
      for (const size of quick ? [2] : peerDeliveries.keys())
        rows.push(...(await measureRoom(port, policy, size, quick)));
    }
    return rows;
  } finally {
    await server.end();
  }
}

async function measureRoom(port: number, policy: Policy, size: number, quick: boolean): Promise<readonly Row[]> {
  const url = `http://127.0.0.1:${port}/collab`;
  const providers: WebPubSubProvider[] = [];
  while (providers.length < size) {
    const headers = { "x-user": `user ${providers.length}` };
    providers.push(new WebPubSubProvider(url, `${policy} ${size}`, new Y.Doc(), { headers, policy }));
  }
  await Promise.all(providers.map((provider) => provider.whenSynced));
  await pause(quick ? 500 : settleMs);
  const [typist, reader] = providers;
  if (typist === undefined || reader === undefined) throw new Error("A room has two members at least.");
  const delays: number[] = [];
  let typedAt = performance.now();
  reader.doc.on("update", () => delays.push(performance.now() - typedAt));
  const before = costOf(providers);
  const seconds = quick ? 2 : 30;
  const text = typist.doc.getText("text");
  for (let key = 0; key < (seconds * 1_000) / keyEveryMs; key++) {
    typedAt = performance.now();
    text.insert(text.length, "k");
    const at = Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(text, text.length));
    typist.awareness.setLocalStateField("cursor", { anchor: [...at], head: [...at] });
    await pause(keyEveryMs);
  }
  await pause(quick ? 1_000 : settleMs);
  const after = costOf(providers);
  for (const provider of providers) provider.destroy();
  const hourly = (figure: keyof Cost) => ((after[figure] - before[figure]) * 3_600) / seconds;
  const peers = peerDeliveries.get(size) ?? Number.NaN;
  const row = (name: string, figure: keyof Cost): Row => ({
    ...{ name: `${policy}, room of ${size}: ${name}`, unit: "per hour", foreignCores: [] },
    subject: { name: "ours", values: [hourly(figure)] },
  });
  const delay = Math.max(...delays);
  return [
    { ...row("deliveries", "deliveries"), floor: { name: "existing packages", values: [peers] }, goal: goals[policy] },
    row("units, each delivery rounded up", "perMessage"),
    row("units, all bytes together", "perByte"),
    {
      ...{ name: `${policy}, room of ${size}: since the last key, at most`, unit: "ms", foreignCores: [] },
      subject: { name: "ours", values: [delay] },
    },
  ];
}

interface Cost {
  readonly deliveries: number;
  readonly perMessage: number;
  readonly perByte: number;
}

/** Everything that was delivered to anybody in the room. */
function costOf(providers: readonly WebPubSubProvider[]): Cost {
  const cost = { deliveries: 0, perMessage: 0, perByte: 0 };
  for (const { traffic } of providers) {
    cost.deliveries += traffic.framesIn;
    cost.perMessage += traffic.unitsIn.perMessage;
    cost.perByte += traffic.unitsIn.perByte;
  }
  return cost;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
