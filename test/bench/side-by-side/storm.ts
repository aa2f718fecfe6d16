import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ForeignLoad } from "../foreign-load.ts";
import { type Remote, startProcess } from "../processes.ts";
import { type FullMember, joinWhole } from "../provider/full-member.ts";
import { ensurePeers, type Peer } from "../provider/peers.ts";
import type { ServerCalls } from "../provider/server.ts";
import type { Row } from "../report.ts";
import { compared, labelOf } from "./places.ts";

const members = 10;
const editsBefore = 5;
const editsWhileDown = 3;
const downMs = 1_000;
const patienceMs = 120_000;

interface Storm {
  readonly seconds: number;
  readonly missing: number;
  readonly cpuSeconds: number;
  readonly foreignCores: number;
}

/** 500 people in 50 documents; the server is killed, everybody goes on writing, it comes back on what it has kept. */
export async function measureStorm(quick: boolean): Promise<readonly Row[]> {
  const peers: readonly Peer[] = ensurePeers({ mayInstall: !quick }) ? ["y-websocket", "hocuspocus"] : [];
  const found = new Map<string, Storm[]>();
  for (let repeat = 0; repeat < (quick ? 1 : 3); repeat++) {
    for (const kind of ["ours", ...peers] as const) {
      const name = labelOf(kind);
      found.set(name, [...(found.get(name) ?? []), await storm(kind, quick ? 2 : 50)]);
    }
  }
  const foreign = [...found.values()].flat().map(({ foreignCores }) => foreignCores);
  const read = (figure: keyof Storm) => new Map([...found].map(([name, all]) => [name, all.map((one) => one[figure])]));
  const of = `${members * (quick ? 2 : 50)} people come back`;
  return [
    ...compared(`${of}: until all have everything`, "s", read("seconds"), foreign),
    ...compared(`${of}: server CPU`, "s", read("cpuSeconds"), foreign),
    ...compared(`${of}: edits missing`, "count", read("missing"), foreign),
  ];
}

async function storm(kind: "ours" | Peer, documents: number): Promise<Storm> {
  const path = mkdtempSync(join(tmpdir(), "storm-"));
  const everybody: FullMember[] = [];
  let server = await startServer();
  try {
    mkdirSync(path, { recursive: true });
    const port = await server.call("start", { kind, path });
    const service = kind === "ours" ? await server.call("service") : undefined;
    const rooms: FullMember[][] = [];
    for (let document = 0; document < documents; document++) {
      const joining = Array.from({ length: members }, (_, at) =>
        joinWhole(kind, port, `room-${document}`, `person ${document}-${at}`),
      );
      rooms.push(await Promise.all(joining));
    }
    everybody.push(...rooms.flat());
    write(rooms, editsBefore);
    await until(() => rooms.every((room) => room.every(({ doc }) => lengthOf(doc) === members * editsBefore)));
    await server.kill();
    write(rooms, editsWhileDown);
    await new Promise((resolve) => setTimeout(resolve, downMs));
    server = await startServer();
    await server.call("start", { kind, path, port, ...(service !== undefined && { service }) });
    const started = await server.call("cpuSeconds");
    const [load, own] = [new ForeignLoad(), process.cpuUsage()];
    const up = performance.now();
    const wanted = members * (editsBefore + editsWhileDown);
    const isWhole = () => everybody.every(({ doc }) => lengthOf(doc) === wanted);
    await until(isWhole);
    const seconds = (performance.now() - up) / 1_000;
    const cpuSeconds = (await server.call("cpuSeconds")) - started;
    const { user, system } = process.cpuUsage(own);
    return {
      ...{ seconds, cpuSeconds },
      missing: everybody.reduce((sum, { doc }) => sum + wanted - lengthOf(doc), 0),
      foreignCores: load.cores((user + system) / 1e6 + cpuSeconds) ?? Number.NaN,
    };
  } finally {
    for (const { leave } of everybody) leave();
    await server.end();
    rmSync(path, { recursive: true, force: true });
  }
}

async function startServer(): Promise<Remote<ServerCalls>> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  // It answers when all of its code is there: how long that takes is not the storm.
  await server.call("cpuSeconds");
  return server;
}

function write(rooms: readonly (readonly FullMember[])[], edits: number): void {
  for (const { doc } of rooms.flat()) {
    const text = doc.getText("text");
    for (let edit = 0; edit < edits; edit++) text.insert(text.length, "e");
  }
}

function lengthOf(doc: FullMember["doc"]): number {
  return doc.getText("text").length;
}

/** Gives up after a while: what is missing then is the figure. */
async function until(holds: () => boolean): Promise<void> {
  const began = performance.now();
  while (!holds() && performance.now() - began < patienceMs) await new Promise((resolve) => setTimeout(resolve, 20));
}
