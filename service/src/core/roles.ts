import type { Limits } from "./limits.ts";
import { GroupPattern } from "./pattern.ts";

export type Permission = "sendToGroup" | "joinLeaveGroup";

/** How the roles of a permission start, and the one that is for all groups. */
const roleNames = (["sendToGroup", "joinLeaveGroup"] as const).map((permission) => ({
  permission,
  everywhere: `webpubsub.${permission}`,
  oneGroup: `webpubsub.${permission}.`,
  pattern: `webpubsub.${permission}s.`,
}));
const none: readonly never[] = [];
/** As bits: most connections have nothing else, and there are many of them. */
const everywhereBits: Readonly<Record<Permission, number>> = { sendToGroup: 1, joinLeaveGroup: 2 };

type PermissionLimits = Pick<Limits, "groupPermissionsMax" | "rolePatternsMax">;

/**
 * What one connection may do. A role names everything (`webpubsub.sendToGroup`), exactly one group
 * (`webpubsub.sendToGroup.<group>`: the rest of the string, dots included, compared by case), or the groups of a pattern
 * (`webpubsub.sendToGroups.<pattern>`, with an s). Unknown roles, bad patterns and those over a limit are ignored.
 */
export class Permissions {
  #everywhere = 0;
  /** Permissions for single groups, see `cell`; none while undefined. */
  #groups: Set<string> | undefined;
  /** Groups that a role or a pattern would open, had they not been revoked. */
  #revoked: Set<string> | undefined;
  #patterns: readonly { readonly permission: Permission; readonly pattern: GroupPattern }[] = none;
  readonly #limits: PermissionLimits;

  constructor(roles: readonly string[], limits: PermissionLimits) {
    this.#limits = limits;
    for (const role of roles) this.#addRole(role);
  }

  allows(permission: Permission, group: string): boolean {
    if (this.#groups?.has(cell(permission, group)) === true) return true;
    return this.#byRole(permission, group) && this.#revoked?.has(cell(permission, group)) !== true;
  }

  /** "full" when the connection holds as many single-group permissions as it can. */
  grant(permission: Permission, group: string): "granted" | "full" {
    this.#revoked?.delete(cell(permission, group));
    if (this.allows(permission, group)) return "granted";
    if (this.#count() >= this.#limits.groupPermissionsMax) return "full";
    this.#groups ??= new Set();
    this.#groups.add(cell(permission, group));
    return "granted";
  }

  /**
   * Takes back the permission for one group, whatever gave it: of a role for all groups or for a pattern, the others
   * stay. "full" when the connection holds as many exceptions and single-group permissions as it can: then nothing
   * has changed.
   */
  revoke(permission: Permission, group: string): "revoked" | "full" {
    if (!this.allows(permission, group)) return "revoked";
    const held = this.#groups?.has(cell(permission, group)) === true ? 1 : 0;
    const excepted = this.#byRole(permission, group);
    if (excepted && this.#count() - held >= this.#limits.groupPermissionsMax) return "full";
    this.#groups?.delete(cell(permission, group));
    if (excepted) {
      this.#revoked ??= new Set();
      this.#revoked.add(cell(permission, group));
    }
    return "revoked";
  }

  #byRole(permission: Permission, group: string): boolean {
    if ((this.#everywhere & everywhereBits[permission]) !== 0) return true;
    return this.#patterns.some((role) => role.permission === permission && role.pattern.matches(group));
  }

  #addRole(role: string): void {
    for (const { permission, everywhere, oneGroup, pattern } of roleNames) {
      if (role === everywhere) this.#everywhere |= everywhereBits[permission];
      else if (role.startsWith(oneGroup)) this.grant(permission, role.slice(oneGroup.length));
      else if (role.startsWith(pattern)) this.#addPattern(permission, role.slice(pattern.length));
    }
  }

  #addPattern(permission: Permission, text: string): void {
    if (this.#patterns.length >= this.#limits.rolePatternsMax) return;
    const pattern = GroupPattern.read(text);
    if (pattern !== undefined) this.#patterns = [...this.#patterns, { permission, pattern }];
  }

  #count(): number {
    return (this.#groups?.size ?? 0) + (this.#revoked?.size ?? 0);
  }
}

/** One permission for one group: no permission's name holds a dot. */
function cell(permission: Permission, group: string): string {
  return `${permission}.${group}`;
}
