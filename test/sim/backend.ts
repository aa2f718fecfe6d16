import {
  type Decoded,
  type DocumentMode,
  decodeLogPage,
  decodeSnapshot,
  decodeUpload,
  encodeLogPage,
  encodeSnapshot,
  encodeUpload,
  type Failure,
  type IdentityMode,
  type NoticeContent,
  type Role,
  ServerFailure,
  type SessionId,
  type UserId,
  unreachable,
} from "y-webpubsub/core";
import { certify, type DocumentLog, type Documents, type Refusal, StoreError, toldOf } from "y-webpubsub-server/core";
import { uploadKey } from "./disk.ts";
import type { Backend } from "./http.ts";
import { publicKey, signBytes } from "./keys.ts";
import { documentId, groupsAt } from "./names.ts";

/** Who asks, as `authorize` found out. */
export interface Caller {
  readonly session: SessionId;
  readonly role: Role;
  readonly userId: UserId;
}

interface Surroundings {
  readonly clientUrl: (session: SessionId, roles: readonly string[], groups: readonly string[]) => string;
  /** SY10, AU2: tell the room of an upload that is in the log now. */
  readonly tell: (told: NoticeContent) => void;
  readonly nowMs: () => number;
  readonly identity: IdentityMode;
  /** AU1. */
  readonly mode: DocumentMode;
  /** AC1: the one in force. */
  readonly accessEpoch: () => number;
  /** A receipt is about to be given. */
  readonly receipted: (key: string) => void;
  /** An upload is about to be refused. */
  readonly refused: (refusal: Refusal) => void;
}

const uploadBytesMax = 1024 * 1024;

/** What a server's router does for one caller, over the shipped log and the shipped codecs of the bodies. */
export function answersOf(documents: Documents, caller: Caller, around: Surroundings): Backend {
  const log = (): DocumentLog => documents.log(documentId);
  return {
    negotiate: (card) =>
      answered(async () => {
        const { userId, role } = caller;
        const standing = await log().negotiate(userId, card.clientIds, role === "writer", card.session);
        if (standing.sessionTaken) throw new ServerFailure({ kind: "session-taken", message: "409" });
        const nowMs = around.nowMs();
        const accessEpoch = around.accessEpoch();
        const groups = groupsAt(accessEpoch);
        const certificate = certify({ publicKey, sign: signBytes }, documentId, {
          ...{ session: card.session, userId, role, name: userId, color: "", accessEpoch, key: card.key ?? null },
          clients: card.clientIds.filter((client) => !standing.clash.includes(client)),
          ...{ generation: standing.generation, issuedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 },
        });
        const sendTo =
          role === "writer" && around.mode === "direct" ? [groups.data, groups.presence] : [groups.presence];
        return {
          ...standing,
          url: around.clientUrl(
            card.session,
            sendTo.map((group) => `webpubsub.sendToGroup.${group}`),
            [groups.data, groups.presence],
          ),
          userId,
          role,
          groups,
          accessEpoch,
          serverKey: publicKey,
          uploadBytesMax,
          certificate,
          identity: around.identity,
          mode: around.mode,
        };
      }),
    snapshot: (ref) =>
      answered(async () => {
        const body = await log().snapshot(ref);
        if (body === null) throw refused("snapshot-gone");
        return carried(decodeSnapshot(encodeSnapshot(body)));
      }),
    log: (generation, after) =>
      answered(async () => {
        const paged = await log().page(after, generation);
        switch (paged.outcome) {
          case "page":
            return carried(decodeLogPage(encodeLogPage(paged.page)));
          case "cursor-gone":
            throw new ServerFailure({ kind: "cursor-gone", message: "410", snapshot: paged.snapshot });
          case "generation-changed":
            throw changed(paged.generation);
          default:
            throw unreachable(paged);
        }
      }),
    upload: (generation, batch) =>
      answered(async () => {
        if (caller.role !== "writer") throw refused("read-only");
        const uploaded = await log().append(carried(decodeUpload(encodeUpload(batch))), caller.userId, generation);
        if (uploaded.outcome !== "receipt") {
          around.refused(uploaded);
          throw refusal(uploaded);
        }
        documents.appended(documentId);
        around.receipted(uploadKey(uploaded.receipt));
        const told = toldOf(around.mode, batch, caller.userId, uploaded);
        if (told !== null) around.tell(told);
        return uploaded.receipt;
      }),
    head: (generation, cursor, digest) =>
      answered(async () => {
        const headed = await log().head(cursor, digest, generation);
        if (headed.outcome === "generation-changed") throw changed(headed.generation);
        return { ...headed.head, accessEpoch: around.accessEpoch() };
      }),
  };
}

/** Failures of the store as HTTP tells them. */
async function answered<T>(perform: () => Promise<T>): Promise<T> {
  try {
    return await perform();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const failure: Failure =
      error.code === "full"
        ? { kind: "store-full", message: error.message, retryAfterMs: null }
        : { kind: "unreachable", message: `503 ${error.code}`, retryAfterMs: null };
    throw new ServerFailure(failure);
  }
}

function carried<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(`a body cannot be read: ${decoded.problem}`);
  return decoded.value;
}

function refusal(refused: Refusal): ServerFailure {
  switch (refused.outcome) {
    case "missing":
      return new ServerFailure({ kind: "missing", message: "409", ranges: refused.ranges });
    case "upload-conflict":
    case "upload-stale":
      return new ServerFailure({ kind: "upload-conflict", message: refused.outcome });
    case "update-invalid":
      return new ServerFailure({ kind: "invalid", message: refused.problem, code: refused.outcome });
    case "session-taken":
    case "overlap":
      return new ServerFailure({ kind: refused.outcome, message: "409" });
    case "owner-active":
      return new ServerFailure({ kind: "missing", message: refused.outcome, ranges: [] });
    case "foreign-client":
    case "proof-invalid":
      return new ServerFailure({ kind: "invalid", message: "422", code: refused.outcome });
    case "generation-changed":
      return changed(refused.generation);
    default:
      throw unreachable(refused);
  }
}

function refused(code: string): ServerFailure {
  return new ServerFailure({ kind: "refused", message: code, code });
}

function changed(generation: number): ServerFailure {
  return new ServerFailure({ kind: "generation-changed", message: "410", generation });
}
