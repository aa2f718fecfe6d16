import { type Remote, startProcess } from "../processes.ts";
import type { ServerCalls, ServerKind } from "../provider/server.ts";
import { median, type Row } from "../report.ts";
import type { Language } from "./speech.ts";

/** A server under measurement, in a process of its own. */
export interface Place {
  readonly remote: Remote<ServerCalls>;
  /** What raw clients connect to. */
  readonly port: number;
  readonly accessKey: string;
}

/** The server that is spoken to. */
export const kinds: Readonly<Record<Language, ServerKind>> = {
  "ours, JSON": "ours",
  "ours, protobuf": "ours",
  "y-websocket": "y-websocket",
  Hocuspocus: "hocuspocus",
  "shared-frame": "shared-frame",
  batched: "batched",
};

export function languagesWith(peers: boolean, floors: boolean): readonly Language[] {
  const all = Object.keys(kinds) as Language[];
  return all.filter((language) => {
    const kind = kinds[language];
    if (kind === "y-websocket" || kind === "hocuspocus") return peers;
    return kind === "ours" || floors;
  });
}

/** One server for each language, all of them up at once: repeats go round. */
export class Places {
  readonly all: ReadonlyMap<Language, Place>;

  private constructor(all: ReadonlyMap<Language, Place>) {
    this.all = all;
  }

  static async open(languages: readonly Language[]): Promise<Places> {
    const all = new Map<Language, Place>();
    for (const language of languages) all.set(language, await openPlace(kinds[language]));
    return new Places(all);
  }

  async end(): Promise<void> {
    for (const { remote } of this.all.values()) await remote.end();
  }
}

async function openPlace(kind: ServerKind): Promise<Place> {
  const remote = startProcess<ServerCalls>("provider/server.ts");
  const port = await remote.call("start", { kind });
  if (kind !== "ours") return { remote, port, accessKey: "" };
  return { remote, ...(await remote.call("service")) };
}

/** Ours against the better peer, everybody else beside it. Of `rate` rows more is better, of all others less. */
export function compared<Name extends string>(
  name: string,
  unit: string,
  found: ReadonlyMap<Name, readonly number[]>,
  foreignCores: readonly number[],
  goal?: number,
): readonly Row[] {
  const value = (contender: Name) => median(found.get(contender) ?? []);
  const sign = unit.endsWith("/s") ? -1 : 1;
  const [best] = [...found.keys()].filter(isPeer).sort((one, other) => sign * (value(one) - value(other)));
  const floor = best === undefined ? undefined : { name: best, values: found.get(best) ?? [] };
  return [...found].map(([contender, values]): Row => {
    const isOurs = contender.startsWith("ours");
    return {
      ...{ name, unit, foreignCores, subject: { name: contender, values } },
      ...(isOurs && floor !== undefined && { floor }),
      ...(isOurs && floor !== undefined && goal !== undefined && { goal }),
    };
  });
}

/** How a server is called in all rows: whole providers speak JSON unless they are told otherwise. */
export function labelOf(kind: ServerKind): string {
  return kind === "ours" ? "ours, JSON" : kind === "hocuspocus" ? "Hocuspocus" : kind;
}

function isPeer(name: string): boolean {
  return name === "y-websocket" || name === "Hocuspocus";
}
