import { describe, expect, test } from "vitest";
import { jsonReliable } from "../wire/json.ts";
import { Hub } from "./hub.ts";
import { seededIds } from "./ids.ts";
import { MemorySink } from "./memory-sink.ts";

type Operation = "joinGroup" | "leaveGroup" | "sendToGroup" | "event";

/** `doc.1` is the group of the literal roles; the others are there to be confused with it. */
const groups = ["doc.1", "doc.10", "doc.1.x", "Doc.1"] as const;

/** Which groups each role opens, by hand: 4 roles x 4 groups x 4 operations. Events need no role. */
const table: readonly (readonly [role: string, opens: Partial<Record<Operation, readonly string[]>>])[] = [
  ["webpubsub.nothing", {}],
  ["webpubsub.joinLeaveGroup", { joinGroup: groups, leaveGroup: groups }],
  ["webpubsub.joinLeaveGroup.doc.1", { joinGroup: ["doc.1"], leaveGroup: ["doc.1"] }],
  ["webpubsub.sendToGroup.doc.1", { sendToGroup: ["doc.1"] }],
];

const confusions: typeof table = [
  ["webpubsub.sendToGroup", { sendToGroup: groups }],
  ["webpubsub.sendToGroup.doc.", {}],
  ["webpubsub.sendToGroup.doc", {}],
  ["webpubsub.sendToGroup.doc.*", {}],
  ["webpubsub.sendToGroups", {}],
  ["webpubsub.sendToGroups.", {}],
  ["webpubsub.sendToGroups.doc.1", { sendToGroup: ["doc.1"] }],
  ["webpubsub.sendToGroups.doc.?", { sendToGroup: ["doc.1"] }],
  ["webpubsub.sendToGroups.doc.*", { sendToGroup: ["doc.1", "doc.10"] }],
  ["webpubsub.sendToGroups.doc.**", { sendToGroup: ["doc.1", "doc.10", "doc.1.x"] }],
  ["webpubsub.joinLeaveGroups.?oc.1", { joinGroup: ["doc.1", "Doc.1"], leaveGroup: ["doc.1", "Doc.1"] }],
  ["webpubsub.joinLeaveGroups.**", { joinGroup: groups, leaveGroup: groups }],
  ["webpubsub.SendToGroup.doc.1", {}],
  [" webpubsub.sendToGroup.doc.1", {}],
  ["webpubsub.sendToGroup.doc.1 ", {}],
  ["sendToGroup", {}],
];

function answerTo(role: string, type: Operation, group: string): unknown {
  const turns: (() => void)[] = [];
  let count = 0;
  const hub = new Hub({
    name: "test",
    clock: { now: () => 0, after: () => () => undefined },
    scheduler: { soon: (task) => void turns.push(task) },
    ids: seededIds({ next: () => (count++ * 0.618_033_988) % 1 }),
    upstream: {
      connected: () => undefined,
      disconnected: () => undefined,
      event: (_client, _event, answer) => answer({ handled: true, reply: undefined }),
    },
  });
  const sink = new MemorySink();
  const link = hub.connect({ codec: jsonReliable, roles: [role] }, sink);
  link.receive(JSON.stringify({ type, group, event: "e", dataType: "text", data: "x", ackId: 1 }));
  for (const turn of turns) turn();
  const { success, error } = JSON.parse(Buffer.from(sink.frames.at(-1)?.body ?? []).toString("utf8"));
  return success === true ? "allowed" : error.name;
}

describe.each([...table, ...confusions])("the role '%s'", (role, opens) => {
  const cells = groups.flatMap((group) =>
    (["joinGroup", "leaveGroup", "sendToGroup", "event"] as const).map((operation) => [operation, group] as const),
  );
  test.each(cells)("%s of %s", (operation, group) => {
    const allowed = operation === "event" || (opens[operation]?.includes(group) ?? false);
    expect(answerTo(role, operation, group)).toBe(allowed ? "allowed" : "Forbidden");
  });
});
