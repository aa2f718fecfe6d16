import { describe, expect, test } from "vitest";
import { Permissions } from "./roles.ts";

const max = 1_000;

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
    ["webpubsub.sendToGroups.*", "g", false],
    ["webpubsub.sendtogroup", "g", false],
    ["sendToGroup.g", "g", false],
    ["webpubsub.sendToGroup.__proto__", "__proto__", true],
    ["webpubsub.joinLeaveGroup.g", "g", false],
  ])("the role %s lets send to '%s': %s", (role, group, allowed) => {
    expect(new Permissions([role], max).allows("sendToGroup", group)).toBe(allowed);
  });

  test("a grant holds until revoked; a bare role is not revoked with it", () => {
    const literal = new Permissions([], max);
    expect(literal.grant("joinLeaveGroup", "g")).toBe("granted");
    expect(literal.allows("joinLeaveGroup", "g")).toBe(true);
    literal.revoke("joinLeaveGroup", "g");
    expect(literal.allows("joinLeaveGroup", "g")).toBe(false);
    const bare = new Permissions(["webpubsub.joinLeaveGroup"], max);
    bare.revoke("joinLeaveGroup", "g");
    expect(bare.allows("joinLeaveGroup", "g")).toBe(true);
  });

  test("the number of single-group permissions is bounded over both kinds", () => {
    const permissions = new Permissions(["webpubsub.sendToGroup.a", "webpubsub.joinLeaveGroup.a"], 3);
    expect(permissions.grant("sendToGroup", "b")).toBe("granted");
    expect(permissions.grant("sendToGroup", "c")).toBe("full");
    expect(permissions.grant("sendToGroup", "b")).toBe("granted");
    permissions.revoke("sendToGroup", "b");
    expect(permissions.grant("sendToGroup", "c")).toBe("granted");
  });
});
