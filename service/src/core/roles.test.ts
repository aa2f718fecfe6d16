import { describe, expect, test } from "vitest";
import { Permissions } from "./roles.ts";

const max = { groupPermissionsMax: 1_000, rolePatternsMax: 10 };

describe("Permissions", () => {
  test("without roles nothing is allowed", () => {
    const permissions = new Permissions([], max);
    expect(permissions.allows("sendToGroup", "g")).toBe(false);
    expect(permissions.allows("joinLeaveGroup", "g")).toBe(false);
  });

  test("a bare role covers every group, of its own kind only", () => {
    const permissions = new Permissions(["webpubsub.sendToGroup"], max);
    expect(permissions.allows("sendToGroup", "any.group")).toBe(true);
    expect(permissions.allows("joinLeaveGroup", "any.group")).toBe(false);
  });

  test.each([
    ["webpubsub.sendToGroup.g", "g", true],
    ["webpubsub.sendToGroup.g", "g.f", false],
    ["webpubsub.sendToGroup.g", "G", false],
    ["webpubsub.sendToGroup.g", "", false],
    ["webpubsub.sendToGroup.g.f", "g.f", true],
    ["webpubsub.sendToGroup.g.f", "g", false],
    ["webpubsub.sendToGroup.*", "g", false],
    ["webpubsub.sendToGroup.*", "*", true],
    ["webpubsub.sendToGroups.*", "g", true],
    ["webpubsub.sendtogroup", "g", false],
    ["sendToGroup.g", "g", false],
    ["webpubsub.sendToGroup.__proto__", "__proto__", true],
    ["webpubsub.joinLeaveGroup.g", "g", false],
  ])("the role %s lets send to '%s': %s", (role, group, allowed) => {
    expect(new Permissions([role], max).allows("sendToGroup", group)).toBe(allowed);
  });

  test("a grant holds until revoked; of a role for all groups, only the one that is revoked is lost", () => {
    const literal = new Permissions([], max);
    expect(literal.grant("joinLeaveGroup", "g")).toBe("granted");
    expect(literal.allows("joinLeaveGroup", "g")).toBe(true);
    literal.revoke("joinLeaveGroup", "g");
    expect(literal.allows("joinLeaveGroup", "g")).toBe(false);
    const bare = new Permissions(["webpubsub.joinLeaveGroup"], max);
    expect(bare.revoke("joinLeaveGroup", "g")).toBe("revoked");
    expect(bare.allows("joinLeaveGroup", "g")).toBe(false);
    expect(bare.allows("joinLeaveGroup", "f")).toBe(true);
    expect(bare.grant("joinLeaveGroup", "g")).toBe("granted");
    expect(bare.allows("joinLeaveGroup", "g")).toBe(true);
  });

  test("what a role opens already costs no permission, and an exception from it costs one", () => {
    const one = { ...max, groupPermissionsMax: 1 };
    const permissions = new Permissions(["webpubsub.sendToGroup"], one);
    expect(permissions.grant("sendToGroup", "a")).toBe("granted");
    expect(permissions.revoke("sendToGroup", "a")).toBe("revoked");
    expect(permissions.revoke("sendToGroup", "a")).toBe("revoked");
    expect(permissions.revoke("sendToGroup", "b")).toBe("full");
    expect(permissions.allows("sendToGroup", "b")).toBe(true);
    expect(permissions.grant("joinLeaveGroup", "b")).toBe("full");
    expect(permissions.grant("sendToGroup", "a")).toBe("granted");
    expect(permissions.revoke("sendToGroup", "b")).toBe("revoked");
  });

  test("a group that a literal and a wider role name is lost for good by one revoke", () => {
    const permissions = new Permissions(["webpubsub.sendToGroup.a", "webpubsub.sendToGroup"], {
      ...max,
      groupPermissionsMax: 1,
    });
    expect(permissions.revoke("sendToGroup", "a")).toBe("revoked");
    expect(permissions.allows("sendToGroup", "a")).toBe(false);
  });

  test("the number of single-group permissions is bounded over both kinds", () => {
    const permissions = new Permissions(["webpubsub.sendToGroup.a", "webpubsub.joinLeaveGroup.a"], {
      ...max,
      groupPermissionsMax: 3,
    });
    expect(permissions.grant("sendToGroup", "b")).toBe("granted");
    expect(permissions.grant("sendToGroup", "c")).toBe("full");
    expect(permissions.grant("sendToGroup", "b")).toBe("granted");
    permissions.revoke("sendToGroup", "b");
    expect(permissions.grant("sendToGroup", "c")).toBe("granted");
  });

  test("patterns beyond the tenth, and those that are none, are ignored; a revoke takes one group out of them", () => {
    const many = Array.from({ length: 11 }, (_item, i) => `webpubsub.sendToGroups.p${i}.*`);
    const permissions = new Permissions(["webpubsub.sendToGroups.\\a", ...many], max);
    permissions.revoke("sendToGroup", "p9.y");
    expect(permissions.allows("sendToGroup", "p9.y")).toBe(false);
    expect(permissions.allows("sendToGroup", "p9.x")).toBe(true);
    expect(permissions.allows("sendToGroup", "p10.x")).toBe(false);
    expect(permissions.allows("joinLeaveGroup", "p9.x")).toBe(false);
    expect(permissions.allows("sendToGroup", "a")).toBe(false);
  });
});
