import { LazySet } from "./lazy-set.ts";
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

type PermissionLimits = Pick<Limits, "groupPermissionsMax" | "rolePatternsMax">;

/**
 * What one connection may do. A role names everything (`webpubsub.sendToGroup`), exactly one group
 * (`webpubsub.sendToGroup.<group>`: the rest of the string, dots included, compared by case), or the groups of a pattern
 * (`webpubsub.sendToGroups.<pattern>`, with an s). Unknown roles, bad patterns and those over a limit are ignored.
 */
export class Permissions {
  #everywhere: readonly Permission[] = none;
  readonly #groups: Record<Permission, LazySet<string>> = { sendToGroup: new LazySet(), joinLeaveGroup: new LazySet() };
  /** Groups that a role or a pattern would open, had they not been revoked. */
  readonly #revoked: Record<Permission, LazySet<string>> = {
    sendToGroup: new LazySet(),
    joinLeaveGroup: new LazySet(),
  };
  #patterns: readonly { readonly permission: Permission; readonly pattern: GroupPattern }[] = none;
  readonly #limits: PermissionLimits;

  constructor(roles: readonly string[], limits: PermissionLimits) {
    this.#limits = limits;
    for (const role of roles) this.#addRole(role);
  }

  allows(permission: Permission, group: string): boolean {
    if (this.#groups[permission].has(group)) return true;
    return this.#byRole(permission, group) && !this.#revoked[permission].has(group);
  }

  /** "full" when the connection holds as many single-group permissions as it can. */
  grant(permission: Permission, group: string): "granted" | "full" {
    this.#revoked[permission].delete(group);
    if (this.allows(permission, group)) return "granted";
    if (this.#count() >= this.#limits.groupPermissionsMax) return "full";
    this.#groups[permission].add(group);
    return "granted";
  }

  /**
   * Takes back the permission for one group, whatever gave it: of a role for all groups or for a pattern, the others
   * stay. "full" when the connection holds as many exceptions and single-group permissions as it can: then nothing
   * has changed.
   */
  revoke(permission: Permission, group: string): "revoked" | "full" {
    if (!this.allows(permission, group)) return "revoked";
    const held = this.#groups[permission].has(group) ? 1 : 0;
    const excepted = this.#byRole(permission, group);
    if (excepted && this.#count() - held >= this.#limits.groupPermissionsMax) return "full";
    this.#groups[permission].delete(group);
    if (excepted) this.#revoked[permission].add(group);
    return "revoked";
  }

  #byRole(permission: Permission, group: string): boolean {
    if (this.#everywhere.includes(permission)) return true;
    return this.#patterns.some((role) => role.permission === permission && role.pattern.matches(group));
  }

  #addRole(role: string): void {
    for (const { permission, everywhere, oneGroup, pattern } of roleNames) {
      if (role === everywhere) this.#addEverywhere(permission);
      else if (role.startsWith(oneGroup)) this.grant(permission, role.slice(oneGroup.length));
      else if (role.startsWith(pattern)) this.#addPattern(permission, role.slice(pattern.length));
    }
  }

  #addEverywhere(permission: Permission): void {
    if (!this.#everywhere.includes(permission)) this.#everywhere = [...this.#everywhere, permission];
  }

  #addPattern(permission: Permission, text: string): void {
    if (this.#patterns.length >= this.#limits.rolePatternsMax) return;
    const pattern = GroupPattern.read(text);
    if (pattern !== undefined) this.#patterns = [...this.#patterns, { permission, pattern }];
  }

  #count(): number {
    const { sendToGroup, joinLeaveGroup } = this.#revoked;
    return this.#groups.sendToGroup.size + this.#groups.joinLeaveGroup.size + sendToGroup.size + joinLeaveGroup.size;
  }
}
