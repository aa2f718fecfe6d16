import { describe, expect, test } from "vitest";
import { groups } from "./testing/fake-service.ts";
import { type Member, nameSeenBy, World } from "./testing/world.ts";

describe("who left", () => {
  test.each(["stamped", "signed"] as const)(
    "PR3 a page that goes away shows nothing after its bye, %s",
    async (identity) => {
      const world = new World().certify();
      world.identity = identity;
      const [anna, bert] = await world.pair();
      anna.awareness.setLocalStateField("name", "Anna");
      await world.clock.pass(3_000);
      expect(nameSeenBy(bert, anna)).toBe("Anna");
      anna.awareness.setLocalStateField("cursor", 1);
      anna.replica.flush({ keepalive: true });
      // It runs on for a moment: a window ends, somebody asks who is here, something is written.
      anna.awareness.setLocalStateField("cursor", 2);
      anna.text.insert(0, "last words");
      bert.replica.wake("resume");
      await world.clock.pass(3_000);
      expect(bert.text.toString()).toBe("last words");
      expect(nameSeenBy(bert, anna)).toBeUndefined();
      anna.replica.wake("resume");
      await world.clock.pass(3_000);
      expect(nameSeenBy(bert, anna)).toBe("Anna");
      anna.replica.flush({ keepalive: true });
      await world.clock.pass(10);
      expect(nameSeenBy(bert, anna)).toBeUndefined();
    },
  );

  describe.each(["stamped", "signed"] as const)("while the card is still being checked, %s", (identity) => {
    /** Bert is there, and Anna has come: the check of her card takes until after all that follows. */
    async function annaComes(): Promise<{ world: World; anna: Member; bert: Member }> {
      const world = new World().certify();
      world.identity = identity;
      const bert = await world.joined("bert");
      const { verify } = world.crypto;
      let takesMs = 500;
      world.crypto.verify = async (key, message, signature) => {
        const pauseMs = takesMs;
        takesMs = 1;
        await new Promise<void>((done) => void world.clock.after(pauseMs, done));
        return signature.every((byte) => byte === 1) || verify(key, message, signature);
      };
      const anna = world.member("anna");
      anna.awareness.setLocalStateField("name", "Anna");
      anna.replica.connect();
      await world.clock.pass(100);
      expect(takesMs).toBe(1);
      expect(nameSeenBy(bert, anna)).toBeUndefined();
      return { world, anna, bert };
    }

    test("she is shown once it is", async () => {
      const { world, anna, bert } = await annaComes();
      await world.clock.pass(1_000);
      expect(nameSeenBy(bert, anna)).toBe("Anna");
    });

    test("PR3 she says bye: she is not shown", async () => {
      const { world, anna, bert } = await annaComes();
      anna.replica.flush({ keepalive: true });
      await world.clock.pass(10_000);
      expect(nameSeenBy(bert, anna)).toBeUndefined();
    });

    test("PR3 the server says that she is gone: she is not shown", async () => {
      const { world, anna, bert } = await annaComes();
      world.service.loses = ({ from }) => from === anna.sender;
      const place = { group: groups.presence, generation: 1, accessEpoch: 1, counter: 1 };
      const signature = new Uint8Array(64).fill(1);
      world.inject(
        { kind: "server", ...place, notice: { type: "bye", session: anna.session }, signature },
        null,
        groups.presence,
      );
      await world.clock.pass(10_000);
      expect(nameSeenBy(bert, anna)).toBeUndefined();
    });

    test("PR4 Bert leaves the room: she is not shown", async () => {
      const { world, anna, bert } = await annaComes();
      bert.replica.disconnect();
      await world.clock.pass(10_000);
      expect(nameSeenBy(bert, anna)).toBeUndefined();
    });
  });

  test("PR3 disconnect says bye; connecting again shows the same entry", async () => {
    const world = new World();
    const [anna, bert] = await world.pair();
    anna.awareness.setLocalStateField("name", "Anna");
    await world.clock.pass(100);
    anna.replica.disconnect();
    await world.clock.pass(10);
    expect(nameSeenBy(bert, anna)).toBeUndefined();
    expect(anna.awareness.getStates().size).toBe(1);
    anna.replica.connect();
    await world.clock.pass(1_000);
    expect(nameSeenBy(bert, anna)).toBe("Anna");
  });
});
