import { expect, test } from "vitest";
import { encodeFrame } from "./frame.ts";
import type { Transport } from "./ports.ts";
import { groups } from "./testing/fake-service.ts";
import { World } from "./testing/world.ts";

/** The kinds of the protocol before cards, signatures and rosters. */
const oldKinds: ReadonlySet<number> = new Set([1, 2, 3, 4, 16, 17, 18, 19, 20]);

/** A peer of that protocol: it neither hears nor says a newer kind, and its server gives no certificates. */
function old(transport: Transport): Transport {
  return {
    open: (access, on) => {
      const link = transport.open(access, (event) => {
        if (event.type !== "received" || oldKinds.has(event.bytes[1] ?? 0)) on(event);
      });
      return {
        publish: (group, bytes, confirm) => {
          expect(oldKinds.has(bytes[1] ?? 0)).toBe(true);
          return link.publish(group, bytes, confirm);
        },
        close: () => link.close(),
      };
    },
  };
}

test("SY14 a member of the protocol before cards edits and shows presence among newer ones, whoever came first", async () => {
  const world = new World(5).certify();
  const certified = world.server.tickets;
  world.server.tickets = (userId, card) => (userId === "olaf" ? {} : certified(userId, card));
  const anna = await world.joined("anna");
  const real = world.service.transport.bind(world.service);
  world.service.transport = (sender) => old(real(sender));
  const olaf = await world.joined("olaf");
  world.service.transport = real;
  const carl = await world.joined("carl");
  for (const member of [anna, olaf, carl]) {
    member.awareness.setLocalState({ of: member.sender });
    member.text.insert(0, `${member.sender.slice(17)} `);
    await world.clock.pass(2_000);
  }
  await world.clock.pass(10_000);
  expect(world.converged()).toBe(true);
  expect(anna.text.length).toBe(15);
  for (const viewer of [anna, olaf, carl]) {
    for (const { doc, sender } of [anna, olaf, carl]) {
      expect(viewer.awareness.getStates().get(doc.clientID)).toEqual({ of: sender });
    }
  }
  world.service.inject({
    group: groups.presence,
    bytes: encodeFrame({ kind: "bye", session: anna.session }),
    from: anna.sender,
  });
  await world.clock.pass(100);
  expect(olaf.awareness.getStates().has(anna.doc.clientID)).toBe(false);
});
