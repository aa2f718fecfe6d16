import type { Cursor, DocumentId } from "y-webpubsub/core";
import type { ChunkInfo, Version, VersionId } from "../core/document-history.ts";
import type { HistoricStore } from "./chunks.ts";
import type { HistoryOptions } from "./options.ts";

/** Chunks that one step takes away. */
const stepChunksMax = 64;

/** HI6: automatic versions beyond their number go, the oldest first. Answers those that stay. */
export async function forgetVersions(
  store: HistoricStore,
  document: DocumentId,
  { automaticVersions }: Pick<HistoryOptions, "automaticVersions">,
): Promise<readonly Version[]> {
  const kept: Version[] = [];
  let automatic = 0;
  let before: VersionId | null = null;
  for (;;) {
    const page: readonly Version[] = await store.versions(document, before, 1_000);
    for (const version of page) {
      if (version.kind === "automatic") automatic += 1;
      if (version.kind !== "automatic" || automatic <= automaticVersions) kept.push(version);
      else await store.removeVersion(document, version.id);
    }
    before = page.at(-1)?.id ?? null;
    if (before === null) return kept;
  }
}

export interface Past {
  /** In log order. */
  readonly infos: readonly ChunkInfo[];
  readonly versions: readonly Version[];
  /** What ended before may go. */
  readonly beforeMs: number;
}

/**
 * HI7: what is older than history is kept goes, up to the last keyframe that is old enough and lies before every version
 * that somebody wanted. Automatic versions in it go with it, and before it. Answers the chunks that stay.
 */
export async function forgetChunks(
  store: HistoricStore,
  document: DocumentId,
  { infos, versions, beforeMs }: Past,
): Promise<readonly ChunkInfo[]> {
  const isWanted = ({ kind }: Version): boolean => kind !== "automatic";
  const wanted = versions.filter(isWanted).map(({ cursor }) => cursor);
  const frame = infos.findLastIndex(({ kind, to, toMs }) => {
    return kind === "keyframe" && toMs < beforeMs && wanted.every((cursor) => cursor >= to);
  });
  const from = infos[frame]?.to ?? ("" as Cursor);
  for (const version of versions) {
    if (!isWanted(version) && version.cursor < from) await store.removeVersion(document, version.id);
  }
  for (let at = 0; at < frame; at += stepChunksMax) {
    const old = infos.slice(at, Math.min(frame, at + stepChunksMax));
    const [first] = old;
    const refs = old.map(({ ref }) => ref);
    // Another server was first: the next look finds what it left.
    if (first && (await store.replaceChunks(document, first.generation, refs, [])) === "conflict")
      return infos.slice(at);
  }
  return frame > 0 ? infos.slice(frame) : infos;
}
