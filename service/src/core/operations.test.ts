import { describe, expect, test } from "vitest";
import { json, jsonReliable } from "../wire/json.ts";
import { type Filter, parseFilter } from "./filter/filter.ts";
import { type ConnectRequest, Hub } from "./hub.ts";
import { seededIds } from "./ids.ts";
import { defaultLimits } from "./limits.ts";
import type { Link } from "./link.ts";
import { MemorySink } from "./memory-sink.ts";

/** A hub whose time stands still: only what is selected is looked at. */
function world(): { hub: Hub; client(request?: Partial<ConnectRequest>): Link } {
  let count = 0;
  const never = { now: () => 0, after: () => () => undefined };
  const hub = new Hub({
    name: "test",
    clock: never,
    scheduler: { soon: () => undefined },
    ids: seededIds({ next: () => (count++ * 0.618_033_988) % 1 }),
  });
  return { hub, client: (request = {}) => hub.connect({ codec: json, ...request }, new MemorySink()) };
}

function filter(text: string): Filter {
  const parsed = parseFilter(text, defaultLimits);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.filter;
}

const members = (hub: Hub, group: string) => hub.server.groupMembers(group).map(({ connectionId }) => connectionId);

describe("what an operation reaches", () => {
  test("a filter sees user, connection, groups and subprotocol as they are now", () => {
    const { hub, client } = world();
    const ada = client({ userId: "ada", groups: ["a"] });
    const bob = client({ userId: "bob", codec: jsonReliable, groups: ["a", "b"] });
    const eve = client({ subprotocol: undefined });
    const select = (text: string) => {
      hub.server.removeAllFromGroups(["found"]);
      hub.server.addAllToGroups(["found"], { filter: filter(text) });
      return members(hub, "found");
    };
    expect(select("userId eq 'ada'")).toEqual([ada.connectionId]);
    expect(select(`connectionId eq '${bob.connectionId}'`)).toEqual([bob.connectionId]);
    expect(select("'b' in groups")).toEqual([bob.connectionId]);
    expect(select("length(groups) eq 1")).toEqual([ada.connectionId]);
    expect(select("startswith(protocol, 'json.reliable')")).toEqual([bob.connectionId]);
    expect(select("protocol eq null")).toEqual([eve.connectionId]);
    hub.server.addToGroup(ada.connectionId, "b");
    expect(select("'b' in groups")).toEqual([ada.connectionId, bob.connectionId].sort());
    expect(select("'other' in groups")).toEqual([]);
  });

  test("a detached connection is reached like any other", () => {
    const { hub, client } = world();
    const bob = client({ userId: "bob", codec: jsonReliable });
    bob.closed(1006);
    hub.server.addAllToGroups(["found"], { filter: filter("userId eq 'bob'") });
    expect(members(hub, "found")).toEqual([bob.connectionId]);
  });

  test("excluded connections are left out of what a filter lets through", () => {
    const { hub, client } = world();
    const [ada, bob] = [client({ userId: "ada" }), client({ userId: "bob" })];
    hub.server.addAllToGroups(["found"], { filter: filter("userId ne null"), excluded: [ada.connectionId] });
    expect(members(hub, "found")).toEqual([bob.connectionId]);
    hub.server.closeAll({ filter: filter("userId eq 'ada'") });
    expect([hub.server.hasUser("ada"), hub.server.hasUser("bob")]).toEqual([false, true]);
  });

  test("removing the members of a group by a filter on that very group reaches all of them", () => {
    const { hub, client } = world();
    for (let i = 0; i < 10; i++) client({ groups: ["g"] });
    hub.server.removeAllFromGroups(["g"], { filter: filter("'g' in groups") });
    expect(hub.server.hasGroup("g")).toBe(false);
  });
});
