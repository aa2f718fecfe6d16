import { startProcess } from "../processes.ts";
import { ensurePeers } from "../provider/peers.ts";
import type { ServerCalls } from "../provider/server.ts";
import type { Row } from "../report.ts";
import type { DriverCalls } from "./driver.ts";
import { compared, kinds, languagesWith } from "./places.ts";
import type { Language } from "./speech.ts";

const members = 10;

/** Ten people in each document who do nothing: what one more of them holds of the server's memory. Foreign load does not matter. */
export async function measureIdle(quick: boolean): Promise<readonly Row[]> {
  const languages = languagesWith(ensurePeers({ mayInstall: !quick }), true).filter((name) => name !== "batched");
  const found = new Map<Language, number[]>(languages.map((language) => [language, []]));
  const connections = quick ? 50 : 3_000;
  for (let repeat = 0; repeat < (quick ? 1 : 3); repeat++) {
    for (const language of languages) found.get(language)?.push(await kilobytesEach(language, connections));
  }
  return compared(`idle, one of ${connections} connections`, "KB resident", found, []);
}

async function kilobytesEach(language: Language, connections: number): Promise<number> {
  const server = startProcess<ServerCalls>("provider/server.ts");
  const driver = startProcess<DriverCalls>("side-by-side/driver.ts");
  try {
    const kind = kinds[language];
    const port = await server.call("start", { kind });
    const place = kind === "ours" ? await server.call("service") : { port, accessKey: "" };
    const open = (name: string, count: number) =>
      driver.call("idle", { name, crowd: { language, ...place, rooms: count / members, members } });
    // What the first connections bring into memory (code, pools) is not the price of a connection.
    await open("first", members * 10);
    const before = await server.call("usage");
    await open("all", connections);
    const { residentBytes } = await server.call("usage");
    return (residentBytes - before.residentBytes) / 1_024 / connections;
  } finally {
    await driver.end();
    await server.end();
  }
}
