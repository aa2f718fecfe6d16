import { fromBase64 } from "lib0/buffer";
import type {
  Cursor,
  Decoded,
  GroupName,
  Head,
  Receipt,
  SessionId,
  SnapshotRef,
  Ticket,
  UserId,
} from "../core/ports.ts";
import { portLimits } from "./limits.ts";

/** The JSON answers of the server (docs/protocol.md, HTTP). What does not have the right shape is a problem, never a guess. */
export function decodeTicket(json: unknown): Decoded<Ticket> {
  return decode(() => {
    const ticket = object(json, "ticket");
    const groups = object(ticket["groups"], "groups");
    const limits = object(ticket["limits"], "limits");
    const role = string(ticket["role"], "role");
    if (role !== "writer" && role !== "reader") throw new Misshapen("role");
    if (ticket["protocol"] !== 1) throw new Misshapen("protocol");
    return {
      // CN10.
      url: ticket["url"] === null ? "" : serviceUrl(ticket["url"]),
      userId: string(ticket["userId"], "userId") as UserId,
      role,
      groups: {
        data: string(groups["data"], "groups.data") as GroupName,
        presence: string(groups["presence"], "groups.presence") as GroupName,
      },
      generation: whole(ticket["generation"], "generation"),
      accessEpoch: whole(ticket["accessEpoch"], "accessEpoch"),
      head: cursor(ticket["head"], "head"),
      snapshot: ticket["snapshot"] === null ? null : (string(ticket["snapshot"], "snapshot") as SnapshotRef),
      serverKey: bytes(ticket["serverKey"], "serverKey", 32),
      clash: clientIds(ticket["clash"]),
      uploadBytesMax: whole(limits["uploadBytes"], "limits.uploadBytes"),
      // An older server knows neither.
      certificate: ticket["certificate"] === undefined ? null : bytes(ticket["certificate"], "certificate", null),
      identity: ticket["identity"] === "signed" ? "signed" : "stamped",
      mode: ticket["mode"] === "authoritative" ? "authoritative" : "direct",
    };
  });
}

export function decodeReceipt(json: unknown): Decoded<Receipt> {
  return decode(() => {
    const receipt = object(json, "receipt");
    return {
      generation: whole(receipt["generation"], "generation"),
      session: string(receipt["session"], "session") as SessionId,
      upload: whole(receipt["upload"], "upload"),
      hash: bytes(receipt["hash"], "hash", 32),
      cursor: cursor(receipt["cursor"], "cursor"),
      seqTo: whole(receipt["seqTo"], "seqTo"),
      signature: bytes(receipt["signature"], "signature", 64),
    };
  });
}

export function decodeHead(json: unknown): Decoded<Head> {
  return decode(() => {
    const head = object(json, "head");
    const match = head["match"];
    if (match !== null && typeof match !== "boolean") throw new Misshapen("match");
    const state = head["state"];
    const accessEpoch = head["accessEpoch"];
    return {
      ...(accessEpoch !== undefined && { accessEpoch: whole(accessEpoch, "accessEpoch") }),
      generation: whole(head["generation"], "generation"),
      cursor: cursor(head["cursor"], "cursor"),
      match,
      state: state === undefined || state === null ? null : bytes(state, "state", null),
    };
  });
}

/** A field that is missing or of another shape; it never leaves this file. */
class Misshapen extends Error {}

function decode<T>(read: () => T): Decoded<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof Misshapen) return { ok: false, problem: `${error.message} is missing or misshapen` };
    throw error;
  }
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misshapen(name);
  return value as Record<string, unknown>;
}

function string(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "" || value.length > portLimits.messageLengthMax)
    throw new Misshapen(name);
  return value;
}

/** A cursor may be empty: before everything. */
function cursor(value: unknown, name: string): Cursor {
  if (typeof value !== "string" || value.length > portLimits.messageLengthMax) throw new Misshapen(name);
  return value as Cursor;
}

function whole(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Misshapen(name);
  return value;
}

function serviceUrl(value: unknown): string {
  if (typeof value !== "string" || value.length > portLimits.urlLengthMax || !/^wss?:\/\//.test(value)) {
    throw new Misshapen("url");
  }
  return value;
}

/** base64 or base64url, with or without padding. */
function bytes(value: unknown, name: string, length: number | null): Uint8Array {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw new Misshapen(name);
  const plain = value.replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, "");
  if (plain.length % 4 === 1) throw new Misshapen(name);
  const decoded = fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
  if (length !== null && decoded.byteLength !== length) throw new Misshapen(name);
  return decoded;
}

function clientIds(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length > portLimits.clientIdsMax) throw new Misshapen("clash");
  return value.map((client) => whole(client, "clash"));
}
