import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  type DocumentId,
  type GroupName,
  parseJson,
  parseSessionId,
  type SessionId,
  senderName,
} from "y-webpubsub/core";
import { type Access, documentIdOf } from "./access.ts";
import type { DocumentLog } from "./core/index.ts";
import type { ServerKeys } from "./keys.ts";
import { httpLimits } from "./limits.ts";
import { Problem } from "./problems.ts";

/** CN1: the version of docs/protocol.md. */
const protocolVersion = 1;
/** ID1: grows when access changes; nothing changes it while a server runs. */
export const accessEpoch = 1;

export interface NegotiateRequest {
  readonly document: DocumentId;
  readonly session: SessionId;
  readonly clientIds: readonly number[];
  /** Of the content that the client holds; null: it holds none. */
  readonly generation: number | null;
}

export interface NegotiatePorts {
  readonly service: WebPubSubServiceClient;
  readonly keys: ServerKeys;
  readonly uploadBytes: number;
}

export function parseNegotiate(body: Uint8Array): NegotiateRequest {
  const json = parseJson(body, { bytesMax: httpLimits.jsonBytesMax, depthMax: httpLimits.jsonDepthMax });
  if (!json.ok) throw new Problem("body-invalid", { what: json.problem });
  if (typeof json.value !== "object" || json.value === null || Array.isArray(json.value)) {
    throw new Problem("body-invalid", { what: "not a JSON object" });
  }
  const fields = new Map<string, unknown>(Object.entries(json.value));
  if (fields.get("protocol") !== protocolVersion) throw new Problem("protocol-unsupported");
  const document = documentIdOf(fields.get("document"));
  const session = fields.get("session");
  const parsed = typeof session === "string" ? parseSessionId(session) : null;
  if (parsed === null) throw new Problem("session-invalid");
  const clientIds = fields.get("clientIds") ?? [];
  if (!isClientIds(clientIds)) {
    throw new Problem("body-invalid", { what: `clientIds must be at most ${httpLimits.clientIdsMax} whole numbers` });
  }
  const generation = fields.get("generation") ?? null;
  if (generation !== null && !isCount(generation)) throw new Problem("body-invalid", { what: "generation" });
  return { document, session: parsed, clientIds, generation };
}

function isClientIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= httpLimits.clientIdsMax && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** CN1: a ticket: where to dial, with a token that names two groups and nothing else. */
export async function negotiate(
  asked: NegotiateRequest,
  { userId, role }: Access,
  log: DocumentLog,
  { service, keys, uploadBytes }: NegotiatePorts,
): Promise<Readonly<Record<string, unknown>>> {
  // Readers write nothing, so they claim nothing.
  const { generation, head, snapshot, clash } = await log.negotiate(userId, asked.clientIds, role === "writer");
  if (asked.generation !== null && asked.generation !== generation) {
    throw new Problem("generation-changed", { fields: { generation } });
  }
  const groups = groupsOf(keys, asked.document, generation);
  const sendTo = role === "writer" ? [groups.data, groups.presence] : [groups.presence];
  const { url } = await service.getClientAccessToken({
    userId: senderName(asked.session, userId),
    groups: [groups.data, groups.presence],
    roles: sendTo.map((group) => `webpubsub.sendToGroup.${group}`),
    expirationTimeInMinutes: httpLimits.tokenMinutes,
  });
  return {
    protocol: protocolVersion,
    url,
    userId,
    role,
    mode: "direct",
    groups,
    generation,
    accessEpoch,
    head,
    snapshot,
    serverKey: Buffer.from(keys.signer.publicKey).toString("base64"),
    clash,
    limits: { uploadBytes },
  };
}

export function groupsOf(
  keys: ServerKeys,
  document: DocumentId,
  generation: number,
): { readonly data: GroupName; readonly presence: GroupName } {
  return {
    data: keys.groupName("data", document, generation, accessEpoch),
    presence: keys.groupName("presence", document, generation, accessEpoch),
  };
}
