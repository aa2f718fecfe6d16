import type { KeyObject } from "node:crypto";
import { isGroupName } from "../core/names.ts";
import { isClientAudience, isMqttAudience } from "./audience.ts";
import { textList, verifyToken } from "./auth.ts";
import type { Refusal } from "./refusal.ts";

/** What the token of a new client grants, before an event handler has its say. */
export interface ClientAccess {
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface AccessRules {
  readonly keys: readonly KeyObject[];
  readonly nowMs: number;
  readonly hub: string;
  /** Hosts (name and port) that a token may name. */
  readonly hosts: readonly string[];
  /** Whether clients without a token are let in: `anonymousConnectPolicy` of the hub. */
  readonly anonymous: boolean;
  readonly groupNameCharsMax: number;
  /** Default: a client of the service's own protocols, or a plain one. */
  readonly protocol?: "mqtt";
}

/** 401 for a token that does not hold; 400 for a good one with a bad group. */
export function clientAccess(token: string | undefined, rules: AccessRules): ClientAccess | Refusal {
  if (token === undefined) {
    if (rules.anonymous) return { userId: undefined, roles: [], groups: [], claims: {} };
    return { status: 401, reason: "The access token is missing." };
  }
  const verified = verifyToken(token, rules.keys, rules.nowMs);
  if (!verified.ok) return { status: 401, reason: verified.problem };
  const { claims } = verified;
  const isAudience = rules.protocol === "mqtt" ? isMqttAudience : isClientAudience;
  if (!isAudience(claims["aud"], rules.hub, rules.hosts)) {
    return { status: 401, reason: "The access token was refused: its audience (aud) is not this hub." };
  }
  const roles = textList(claims["role"]);
  // The documentation of MQTT calls the claim by its short name; the SDK never does.
  const short = rules.protocol === "mqtt" ? claims["group"] : undefined;
  const groups = textList(claims["webpubsub.group"] ?? short);
  const userId = claims["sub"] ?? "";
  if (roles === undefined || groups === undefined || typeof userId !== "string") {
    return { status: 401, reason: "The access token was refused: role, webpubsub.group or sub is not text." };
  }
  const { groupNameCharsMax } = rules;
  if (!groups.every((group) => isGroupName(group, groupNameCharsMax))) {
    return { status: 400, reason: `The access token names a group that is blank or over ${groupNameCharsMax} long.` };
  }
  return { userId: userId === "" ? undefined : userId, roles, groups, claims };
}
