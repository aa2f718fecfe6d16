export type Permission = "sendToGroup" | "joinLeaveGroup";

const prefix = "webpubsub.";

/**
 * What one connection may do. A role names everything (`webpubsub.sendToGroup`) or exactly one group
 * (`webpubsub.sendToGroup.<group>`: the rest of the string, dots included, compared by case). Unknown roles are ignored.
 */
export class Permissions {
  readonly #everywhere: Set<Permission> = new Set();
  readonly #groups: Record<Permission, Set<string>> = { sendToGroup: new Set(), joinLeaveGroup: new Set() };
  readonly #groupsMax: number;

  constructor(roles: readonly string[], groupsMax: number) {
    this.#groupsMax = groupsMax;
    for (const role of roles) this.#addRole(role);
  }

  allows(permission: Permission, group: string): boolean {
    return this.#everywhere.has(permission) || this.#groups[permission].has(group);
  }

  /** "full" when the connection holds as many single-group permissions as it can. */
  grant(permission: Permission, group: string): "granted" | "full" {
    const groups = this.#groups[permission];
    if (!groups.has(group) && this.#count() >= this.#groupsMax) return "full";
    groups.add(group);
    return "granted";
  }

  /** Takes back a single-group permission. A role for all groups stays. */
  revoke(permission: Permission, group: string): void {
    this.#groups[permission].delete(group);
  }

  #addRole(role: string): void {
    for (const permission of ["sendToGroup", "joinLeaveGroup"] as const) {
      const everywhere = prefix + permission;
      if (role === everywhere) this.#everywhere.add(permission);
      else if (role.startsWith(`${everywhere}.`)) this.grant(permission, role.slice(everywhere.length + 1));
    }
  }

  #count(): number {
    return this.#groups.sendToGroup.size + this.#groups.joinLeaveGroup.size;
  }
}
