import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  type DocumentId,
  type DocumentMode,
  type GroupName,
  type IdentityMode,
  parseJson,
  parseSessionId,
  type SessionId,
  senderName,
} from "y-webpubsub/core";
import { type Access, documentIdOf } from "./access.ts";
import { certify, type DocumentLog, limits } from "./core/index.ts";
import type { ServerKeys } from "./keys.ts";
import { httpLimits } from "./limits.ts";
import { Problem } from "./problems.ts";
import { attach, connectionIn, type NamedConnection, release } from "./shared-connection.ts";

/** CN1: the version of docs/protocol.md. */
const protocolVersion = 1;
export interface NegotiateRequest {
  readonly document: DocumentId;
  readonly session: SessionId;
  readonly clientIds: readonly number[];
  /** Of the content that the client holds; null: it holds none. */
  readonly generation: number | null;
  /** ID7: raw Ed25519 public key of the session; null: it cannot sign. */
  readonly key: Uint8Array | null;
  /** CN10: have the document on this connection; null: on one of its own. */
  readonly connection: NamedConnection | null;
  /** CN10: `release`: the document is closed on `connection`. */
  readonly purpose: "open" | "release";
}

export interface NegotiatePorts {
  readonly service: WebPubSubServiceClient;
  readonly keys: ServerKeys;
  readonly uploadBytes: number;
  readonly identity: IdentityMode;
  readonly mode: DocumentMode;
  readonly nowMs: number;
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
  const connection = connectionIn(fields.get("connection"));
  const purpose = connection !== null && fields.get("release") === true ? "release" : "open";
  return { document, session: parsed, clientIds, generation, key: keyIn(fields.get("key")), connection, purpose };
}

function keyIn(value: unknown): Uint8Array | null {
  if (value === undefined || value === null) return null;
  const key = typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64url")) : new Uint8Array(0);
  if (key.length !== httpLimits.keyBytes) throw new Problem("body-invalid", { what: "key" });
  return key;
}

function isClientIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= httpLimits.clientIdsMax && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The answer of `POST /negotiate`. */
export interface Ticket extends Readonly<Record<string, unknown>> {
  readonly generation: number;
  readonly accessEpoch: number;
}

/** CN1: a ticket: where to dial, with a token that names the room's two groups and may send to no other. */
export async function negotiate(
  asked: NegotiateRequest,
  { userId, role, profile, accessEpoch }: Access & { readonly accessEpoch: number },
  log: DocumentLog,
  { service, keys, uploadBytes, identity, mode, nowMs }: NegotiatePorts,
): Promise<Ticket> {
  // Readers write nothing, so they claim nothing.
  const { session, clientIds } = asked;
  const standing = await log.negotiate(userId, clientIds, role === "writer", session);
  if (standing.sessionTaken) throw new Problem("session-taken");
  const { generation, head, snapshot, clash } = standing;
  if (asked.generation !== null && asked.generation !== generation) {
    throw new Problem("generation-changed", { fields: { generation } });
  }
  const groups = groupsOf(keys, asked.document, generation, accessEpoch);
  // AU1: what the service lets nobody send, nobody can forge.
  const sendTo = role === "writer" && mode === "direct" ? [groups.data, groups.presence] : [groups.presence];
  const userGroup = keys.userGroup(userId);
  // AC2: nobody publishes to the last two; they say whose the connection is.
  const memberOf = [groups.data, groups.presence, keys.memberGroup(asked.document, userId)];
  const isAttached =
    asked.connection !== null &&
    (await attach(service, asked.connection, { userId, userGroup }, { groups: memberOf, sendTo }));
  const { url } = isAttached
    ? { url: null }
    : await service.getClientAccessToken({
        userId: senderName(asked.session, userId),
        groups: [...memberOf, userGroup],
        roles: sendTo.map((group) => `webpubsub.sendToGroup.${group}`),
        expirationTimeInMinutes: httpLimits.tokenMinutes,
      });
  return {
    protocol: protocolVersion,
    url,
    userId,
    role,
    mode,
    groups,
    generation,
    accessEpoch,
    head,
    snapshot,
    serverKey: Buffer.from(keys.signer.publicKey).toString("base64"),
    clash,
    limits: { uploadBytes },
    profile,
    identity,
    certificate: Buffer.from(
      certify(keys.signer, asked.document, {
        ...{ session, userId, role, name: profile.name ?? "", color: profile.color ?? "", generation, accessEpoch },
        clients: clientIds.filter((client) => !clash.includes(client)).slice(0, 64),
        ...{ key: asked.key, issuedAtMs: nowMs, expiresAtMs: nowMs + limits.logLimits.certificateMs },
      }),
    ).toString("base64"),
  };
}

/** CN10: what `negotiate` gave to a connection is taken away. Says whether it was this user's. */
export async function releaseDocument(
  { document, connection }: NegotiateRequest,
  { userId, accessEpoch }: Access & { readonly accessEpoch: number },
  log: DocumentLog,
  { service, keys }: NegotiatePorts,
): Promise<{ readonly released: boolean }> {
  if (connection === null) return { released: false };
  const { generation } = await log.negotiate(userId, [], false);
  const { data, presence } = groupsOf(keys, document, generation, accessEpoch);
  const grants = { groups: [data, presence, keys.memberGroup(document, userId)], sendTo: [data, presence] };
  return { released: await release(service, connection, { userId, userGroup: keys.userGroup(userId) }, grants) };
}

export function groupsOf(
  keys: ServerKeys,
  document: DocumentId,
  generation: number,
  accessEpoch: number,
): { readonly data: GroupName; readonly presence: GroupName } {
  return {
    data: keys.groupName("data", document, generation, accessEpoch),
    presence: keys.groupName("presence", document, generation, accessEpoch),
  };
}
