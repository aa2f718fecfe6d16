import { expect, test } from "vitest";
import { Bench, type Plain, reliableName } from "./harness.ts";

const groups = ["room"];
const subscribe = { type: "subscribeGroupState", group: "room", ackId: 1 };
const set = (state: object | undefined, ackId = 2) => ({ type: "setGroupState", group: "room", ackId, state });

async function nextOf(client: Plain): Promise<unknown> {
  return JSON.parse(await client.next());
}

test("who subscribes gets a snapshot, then each change, then the end", async () => {
  const bench = await Bench.start();
  const ada = await bench.plain({ groups, userId: "ada" });
  const bob = await bench.plain({ groups });
  ada.send(set({ cursor: "1", __proto: "x" }));
  expect(await nextOf(ada)).toEqual({ type: "ack", ackId: 2, success: true });
  bob.send(subscribe);
  expect(await nextOf(bob)).toEqual({ type: "ack", ackId: 1, success: true });
  const item = { connectionId: ada.id, userId: "ada", updatedAt: expect.any(Number) };
  expect(await nextOf(bob)).toEqual({
    type: "groupStateSnapshot",
    group: "room",
    items: [{ ...item, state: { cursor: "1", __proto: "x" } }],
  });
  ada.send(set({ cursor: "2" }, 3));
  expect(await nextOf(bob)).toEqual({
    type: "groupStateUpdate",
    group: "room",
    items: [{ ...item, state: { cursor: "2" } }],
  });
  ada.send(set(undefined, 4));
  expect(await nextOf(bob)).toEqual({ type: "groupStateUpdate", group: "room", items: [item] });
  ada.send(set({ cursor: "3" }, 5));
  await bob.next();
  await bench.admin.closeConnection(ada.id);
  expect(await nextOf(bob)).toEqual({ type: "groupStateUpdate", group: "room", items: [item] });
});

test("updatedAt is the time of day", async () => {
  const bench = await Bench.start();
  const ada = await bench.plain({ groups });
  const before = Date.now();
  ada.send(subscribe);
  ada.send(set({}));
  for (let at = 0; at < 2; at++) await ada.next();
  const { items } = (await nextOf(ada)) as { readonly items: readonly { readonly updatedAt: number }[] };
  expect(items[0]?.updatedAt).toBeGreaterThanOrEqual(before);
});

test("who is no member can neither tell nor listen, and who leaves hears no more", async () => {
  const bench = await Bench.start();
  const stranger = await bench.plain();
  for (const request of [subscribe, set({})]) {
    stranger.send(request);
    expect(await nextOf(stranger)).toMatchObject({ success: false, error: { name: "Forbidden" } });
  }
  const [ada, bob] = [await bench.plain({ groups }), await bench.plain({ groups })];
  bob.send(subscribe);
  bob.send({ type: "unsubscribeGroupState", group: "room", ackId: 2 });
  await bob.settled();
  ada.send(set({ a: "b" }));
  await ada.settled();
  expect(await bob.settled()).toEqual([]);
});

test("after a recovery the snapshot comes again", async () => {
  const bench = await Bench.start();
  const first = await bench.plain({ groups }, reliableName);
  first.send(subscribe);
  await first.settled();
  const { connectionId, reconnectionToken } = first.connected;
  bench.service.cut(first.id);
  await bench.logged(({ type }) => type === "detached");
  const ada = await bench.plain({ groups });
  ada.send(set({ a: "b" }));
  await ada.settled();
  const url = `${await bench.url()}&awps_connection_id=${connectionId}&awps_reconnection_token=${reconnectionToken}`;
  const second = await bench.dial(url, reliableName);
  expect(await nextOf(second)).toMatchObject({
    type: "groupStateSnapshot",
    items: [{ connectionId: ada.id, state: { a: "b" } }],
  });
});

test.each([[{ a: 1 }], [[]], ["text"], [{ a: "x".repeat(9_000) }]])("the state %j is no state", async (state) => {
  const bench = await Bench.start();
  const ada = await bench.plain({ groups });
  ada.send({ ...set({}), state });
  expect(await ada.closed).toMatchObject({ code: 1007 });
});
